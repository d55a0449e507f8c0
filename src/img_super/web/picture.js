// The photo with the results drawn on it. Coordinates are pixels of the photo as displayed (EXIF applied).

import { drawn, element, find, place } from "./dom.js";
import { text } from "./language.js";

const HEAT_PX = 256;
const MARGIN = 0.06; // around the crop in the portrait's view, in shares of its side

const photo = find("photo");
const layer = find("layer");
const heat = find("heat");

let current = { url: null, ready: null };
let view = "document";
let drawing = 0; // the latest call of draw; earlier ones that still wait give up

/** Shows a document; the photo at once, boxes and heat map when there is an answer. */
export async function draw(entry) {
  const turn = ++drawing;
  await showPhoto(entry);
  if (turn !== drawing) return;
  const canZoom = Boolean(entry.answer && photo.naturalWidth);
  find("stage").dataset.status = entry.status;
  find("unshown").textContent = text(entry.answer ? "picture.unshown" : "picture.none");
  find("boxes").replaceChildren(...boxes(entry));
  find("controls").hidden = find("legend").hidden = !canZoom;
  showView(canZoom ? view : "document");
  await drawHeat(entry.answer, turn);
  if (entry.answer && turn === drawing) await painted();
}

async function showPhoto(entry) {
  photo.alt = text("picture.alt", { name: entry.name });
  if (current.url !== entry.url) current = { url: entry.url, ready: load(entry.url) };
  await current.ready;
}

async function load(url) {
  heat.hidden = true;
  find("boxes").replaceChildren();
  photo.src = url;
  const isDecodable = await photo.decode().then(() => true, () => false);
  if (current.url !== url) return;
  find("unshown").hidden = isDecodable;
  layer.hidden = !isDecodable;
  place(find("stage"), { aspect: isDecodable ? photo.naturalWidth / photo.naturalHeight : 1.6 });
}

export function setView(wanted) {
  view = wanted;
  showView(wanted);
}

function showView(wanted) {
  for (const name of ["document", "portrait"]) find(`view-${name}`).setAttribute("aria-pressed", name === wanted);
  const stage = find("stage");
  stage.dataset.view = stage.crop ? wanted : "document";
  if (stage.crop) place(stage, around(stage.crop));
}

export function setBoxes(visible) {
  find("boxes").hidden = !visible;
}

export function setHeat(percentage) {
  place(heat, { opacity: percentage / 100 });
}

export function forget() {
  drawing++;
  current = { url: null, ready: null };
  photo.removeAttribute("src");
  find("boxes").replaceChildren();
  heat.width = 0; // empties it
}

/** The square that the portrait's view shows, in shares of the photo. */
function around({ x_min, y_min, x_max, y_max }) {
  const { naturalWidth: width, naturalHeight: height } = photo;
  return {
    "centre-x": (x_min + x_max) / 2 / width,
    "centre-y": (y_min + y_max) / 2 / height,
    side: ((x_max - x_min) * (1 + 2 * MARGIN)) / width,
  };
}

function boxes({ faces, answer, problem }) {
  find("stage").crop = answer?.evidence.coord ?? null;
  const [first, ...others] = faces ?? [];
  if (!first) return [];
  if (!answer) return [box("portrait", first, text("box.portrait"), problem && "failed"), ...others.map(otherBox("ghost"))];
  const { documents } = answer;
  const portraits = documents.map(({ coord, verdict }, index) => {
    const number = documents.length > 1 ? ` ${index + 1}` : "";
    return box("portrait", coord, text("box.portrait") + number, verdict);
  });
  const { ghosts, outside } = facesBeside(answer);
  return [documentOutlines(documents), ...portraits, ...ghosts.map(otherBox("ghost")), ...outside.map(otherBox("outside"))];
}

/** The faces that are no document's portrait; where no document was looked for, all of them may be ghosts. */
export function facesBeside({ documents, outside, evidence }) {
  const others = [...evidence.faces.slice(1), ...documents.flatMap(({ ghosts }) => ghosts), ...outside];
  const unjudged = others.filter((face, index) => !documents.some(({ coord }) => overlap(coord, face)) && others.findIndex((other) => isSame(other, face)) === index);
  const isOutside = (face) => outside.some((other) => isSame(other, face));
  return { ghosts: unjudged.filter((face) => !isOutside(face)), outside: unjudged.filter(isOutside) };
}

const SIDES = ["x_min", "y_min", "x_max", "y_max"];
const isSame = (boxA, boxB) => SIDES.every((side) => boxA[side] === boxB[side]);

function box(kind, coord, label, verdict = null) {
  return place(element("div", { class: `box ${kind}`, "data-verdict": verdict }, element("span", { class: "box-label" }, label)), shares(coord));
}

const otherBox = (kind) => (face) => box(kind, face, text(`box.${kind}`));

/** Whether two boxes share the middle of one of them. */
const overlap = (boxA, boxB) => holdsMiddle(boxA, boxB) || holdsMiddle(boxB, boxA);

function holdsMiddle(outer, inner) {
  const [x, y] = [(inner.x_min + inner.x_max) / 2, (inner.y_min + inner.y_max) / 2];
  return outer.x_min <= x && x < outer.x_max && outer.y_min <= y && y < outer.y_max;
}

function documentOutlines(documents) {
  const { naturalWidth: width, naturalHeight: height } = photo;
  const outlines = documents.filter(({ quad }) => quad).map(({ quad, verdict }) => drawn("polygon", { points: quad.join(" "), "data-verdict": verdict }));
  return drawn("svg", { class: "frames", viewBox: `0 0 ${width || 1} ${height || 1}`, preserveAspectRatio: "none", "aria-hidden": "true" }, ...outlines);
}

function shares({ x_min, y_min, x_max, y_max }) {
  const { naturalWidth: width, naturalHeight: height } = photo;
  return {
    left: x_min / width,
    top: y_min / height,
    width: (x_max - x_min) / width,
    height: (y_max - y_min) / height,
  };
}

/** The grey map smoothed to a size worth looking at, then coloured: see-through where there is no evidence. */
async function drawHeat(answer, turn) {
  if (!answer || !photo.naturalWidth) {
    heat.hidden = true;
    return;
  }
  const grey = new Image();
  grey.src = answer.evidence.heat_map;
  await grey.decode();
  if (turn !== drawing) return;
  heat.width = heat.height = HEAT_PX;
  const context = heat.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(grey, 0, 0, HEAT_PX, HEAT_PX);
  const pixels = context.getImageData(0, 0, HEAT_PX, HEAT_PX);
  for (let at = 0; at < pixels.data.length; at += 4) pixels.data.set(COLOURS[pixels.data[at]], at);
  context.putImageData(pixels, 0, 0);
  place(heat, shares(answer.evidence.coord));
  heat.hidden = false;
}

// Yellow, orange, magenta, violet: distinguishable without red and green, and unlike skin and paper. Opacity rises with the value.
const STOPS = [
  [0.0, [255, 226, 120, 0]],
  [0.12, [255, 226, 120, 0]],
  [0.35, [255, 190, 60, 130]],
  [0.6, [242, 100, 48, 205]],
  [0.8, [206, 30, 100, 235]],
  [1.0, [104, 12, 132, 250]],
];

const COLOURS = Array.from({ length: 256 }, (_, value) => {
  const share = value / 255;
  const after = Math.max(1, STOPS.findIndex(([at]) => at >= share));
  const [[from, first], [to, second]] = [STOPS[after - 1], STOPS[after]];
  return first.map((channel, i) => Math.round(channel + ((second[i] - channel) * (share - from)) / (to - from)));
});

/** Resolves after the browser has put the drawing on the screen. */
async function painted() {
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}
