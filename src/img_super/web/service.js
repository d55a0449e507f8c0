// The page's requests, to this service only.

const TRIES = 4;
const LONGEST_WAIT_S = 10;
const KEY_HEADER = "X-API-Key";

let key = null; // lives as long as the page is open, nowhere else

export const hasKey = () => key !== null;
export const useKey = (value) => (key = value || null);

/** A refusal, after RFC 9457: `code` is stable, `detail` is the service's own English sentence. */
export class Problem extends Error {
  constructor({ code = "internal_error", title = "", detail = "", status = 0 }) {
    super(title);
    Object.assign(this, { code, title, detail, status });
  }
}

export const askSuper = (file, signal) => post("super?evidence=true", file, signal);
export const askFace = (file, signal) => post("face", file, signal);
export const askModel = () => ask("model");
export const askFigures = () => ask("model/figures");

export async function fetchSample(name) {
  const response = await fetch(`samples/${name}`);
  if (!response.ok) throw await problemOf(response);
  return new File([await response.blob()], name, { type: "image/jpeg" });
}

/** The same request for a terminal. A key is named, never shown. */
export function curlLine(file) {
  const address = new URL("super?evidence=true", document.baseURI).href;
  const header = key === null ? "" : `-H "${KEY_HEADER}: $IMG_SUPER_KEY" `;
  return `curl ${header}-F ${quoted(`image=@"${file.name.replace(/[\\"]/g, "\\$&")}"`)} ${quoted(address)}`;
}

const quoted = (word) => `'${word.replaceAll("'", `'\\''`)}'`;

/** A service that is busy says when to come back; a few times the page does. */
async function post(address, file, signal) {
  for (let tried = 1; ; tried++) {
    try {
      return await ask(address, { method: "POST", body: file, headers: { "Content-Type": mediaType(file) }, signal });
    } catch (problem) {
      if (tried === TRIES || !problem.retryAfterS) throw problem;
      await new Promise((resolve) => setTimeout(resolve, 1000 * Math.min(problem.retryAfterS, LONGEST_WAIT_S)));
      signal?.throwIfAborted();
    }
  }
}

async function ask(address, options = {}) {
  const headers = { Accept: "application/json", ...options.headers };
  if (key !== null) headers[KEY_HEADER] = key;
  let response;
  try {
    response = await fetch(address, { ...options, headers, cache: "no-store", credentials: "same-origin" });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Problem({ code: "unreachable" });
  }
  performance.mark("answer-received");
  if (!response.ok) throw await problemOf(response);
  return response.json();
}

async function problemOf(response) {
  const body = await response.json().catch(() => ({}));
  const problem = new Problem({ ...body, status: response.status });
  if (response.status === 429 || response.status === 503) problem.retryAfterS = Number(response.headers.get("Retry-After"));
  return problem;
}

const mediaType = (file) => (file.type.startsWith("image/") ? file.type : "application/octet-stream");
