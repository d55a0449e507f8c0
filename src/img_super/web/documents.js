// The page's photos and their states: waiting -> running -> done or failed. Nothing is stored elsewhere.

import { Problem, askFace, askSuper } from "./service.js";

const AT_ONCE = 2;

export const documents = [];
export const events = new EventTarget(); // "changed" with the document as its detail

let next = 1;
let running = 0;

const tell = (entry) => events.dispatchEvent(new CustomEvent("changed", { detail: entry }));

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
export function again(entry) {
  Object.assign(entry, { status: "waiting", problem: null, faces: null });
  tell(entry);
  work();
}

export function clear() {
  for (const entry of documents.splice(0)) {
    entry.stop.abort();
    URL.revokeObjectURL(entry.url);
  }
}

function work() {
  while (running < AT_ONCE) {
    const entry = documents.find(({ status }) => status === "waiting");
    if (!entry) return;
    running++;
    judge(entry).finally(() => {
      running--;
      work();
    });
  }
}

async function judge(entry) {
  const { file, stop } = entry;
  entry.status = "running";
  tell(entry);
  const started = performance.now();
  try {
    entry.answer = await askSuper(file, stop.signal);
    entry.faces = entry.answer.evidence.faces;
    entry.status = "done";
  } catch (problem) {
    if (stop.signal.aborted) return;
    entry.problem = problem instanceof Problem ? problem : new Problem({ code: "internal_error", detail: String(problem) });
    entry.status = "failed";
    if (entry.problem.code === "face_too_small") entry.faces = await facesOnly(entry);
  }
  entry.tookMs = performance.now() - started;
  if (!stop.signal.aborted) tell(entry);
}

/** A portrait too small to be judged can still be shown. */
async function facesOnly({ file, stop }) {
  try {
    return (await askFace(file, stop.signal)).faces;
  } catch {
    return null;
  }
}
