// The photos that the page holds, and the way of each: waiting -> running -> done or failed. Nothing is kept elsewhere.

import { Problem, askFace, askSuper } from "./service.js";

const AT_ONCE = 2;

export const documents = [];
export const events = new EventTarget(); // "changed" with the document as its detail

let next = 1;
let running = 0;

const tell = (document) => events.dispatchEvent(new CustomEvent("changed", { detail: document }));

export function add(files) {
  const added = [...files].map((file) => ({
    id: next++,
    file,
    name: file.name,
    url: URL.createObjectURL(file),
    status: "waiting",
    answer: null,
    faces: null,
    problem: null,
    tookMs: null,
    stop: new AbortController(),
  }));
  documents.push(...added);
  added.forEach(tell);
  work();
  return added;
}

/** Ask once more for a photo that got no answer. */
export function again(document) {
  Object.assign(document, { status: "waiting", problem: null, faces: null });
  tell(document);
  work();
}

export function clear() {
  for (const document of documents.splice(0)) {
    document.stop.abort();
    URL.revokeObjectURL(document.url);
  }
}

function work() {
  while (running < AT_ONCE) {
    const document = documents.find((one) => one.status === "waiting");
    if (!document) return;
    running++;
    judge(document).finally(() => {
      running--;
      work();
    });
  }
}

async function judge(document) {
  const { file, stop } = document;
  document.status = "running";
  tell(document);
  const started = performance.now();
  try {
    document.answer = await askSuper(file, stop.signal);
    document.faces = document.answer.evidence.faces;
    document.status = "done";
  } catch (problem) {
    if (stop.signal.aborted) return;
    document.problem = problem instanceof Problem ? problem : new Problem({ code: "internal_error", detail: String(problem) });
    document.status = "failed";
    if (document.problem.code === "face_too_small") document.faces = await facesOnly(document);
  }
  document.tookMs = performance.now() - started;
  if (!stop.signal.aborted) tell(document);
}

/** A portrait too small to be judged can still be shown. */
async function facesOnly({ file, stop }) {
  try {
    return (await askFace(file, stop.signal)).faces;
  } catch {
    return null;
  }
}
