// A photo from the camera: the phone's own app, or the webcam in a dialog.

import { find } from "./dom.js";

const QUALITY = 0.95;

/** Asks for a photo and hands it on; `onRefused` when the camera may not be used. */
export function offerCamera(onPhoto, onRefused) {
  const isHandheld = matchMedia("(pointer: coarse)").matches;
  if (!isHandheld && !navigator.mediaDevices?.getUserMedia) return; // a page without TLS has no camera
  const button = find("photograph");
  button.hidden = false;
  button.addEventListener("click", () => (isHandheld ? find("capture").click() : openViewfinder().catch(onRefused)));
  find("shutter").addEventListener("click", async () => {
    const photo = await photograph();
    find("camera").close();
    onPhoto(photo);
  });
  find("camera-close").addEventListener("click", () => find("camera").close());
  find("camera").addEventListener("close", stop);
}

async function openViewfinder() {
  const wanted = { facingMode: "environment", width: { ideal: 3840 }, height: { ideal: 2160 } };
  find("video").srcObject = await navigator.mediaDevices.getUserMedia({ video: wanted });
  find("camera").showModal();
  find("shutter").focus();
}

async function photograph() {
  const video = find("video");
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  const jpeg = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  const time = new Date().toTimeString().slice(0, 8).replaceAll(":", "");
  return new File([jpeg], `camera-${time}.jpg`, { type: "image/jpeg" });
}

function stop() {
  for (const track of find("video").srcObject?.getTracks() ?? []) track.stop();
  find("video").srcObject = null;
}
