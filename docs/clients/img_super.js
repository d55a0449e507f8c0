// A client of img_super in one file, for browsers and Node.js from 20 on: photos in, answers out.
//
//   import { Client } from "./img_super.js";
//   const client = new Client("https://kyc.example.org", { key: "..." });
//   console.log((await client.super(photo)).verdict);
//
// A photo is a Blob (such as the File of an <input>) or its bytes; the file's name is not sent. From the pages of another
// site the service must allow it: IMG_SUPER_CORS_ORIGINS.

const BUSY = [429, 503];
/** Of an answer; 64 photos with heat maps take far fewer. */
const MOST_BYTES = 16 * 2 ** 20;

/**
 * @typedef {{ x_min: number, y_min: number, x_max: number, y_max: number }} Box
 *   Pixels of the photo as it is displayed; x_max and y_max are the first ones outside.
 * @typedef {Box & { confidence: number }} Face
 * @typedef {Face & { faces: Face[], rotation: 0 | 90 | 180 | 270, portraits: Face[], outside: Face[] }} FaceAnswer The portrait's face, and every face.
 * @typedef {"bona_fide" | "attack" | "undetermined"} Verdict What to act on; undetermined: a person should look.
 * @typedef {{ code: string, detail: string }} Remark
 * @typedef {{ score: number, verdict: Verdict, coord: Box, quality: Remark[], reasons: Remark[] }} Judged
 * @typedef {Judged & { ghosts: Face[], rotation: number, portrait?: Box, quad?: [number, number][], box?: Box }} Document
 * @typedef {{ heat_map: string, coord: Box, faces: Face[], rotation: number }} Evidence A `data:` URL, the square it covers.
 * @typedef {Judged & {
 *   reco: "TRUE" | "FALSE", threshold: number, model: { name: string, version: string, sha256: string },
 *   documents: Document[], outside: Face[], evidence?: Evidence, probability?: number, judgement_id?: string,
 * }} SuperAnswer That of the photo's most suspicious document.
 * @typedef {{ code: string, title: string, detail: string, status: number }} Problem
 * @typedef {{ answer?: SuperAnswer, problem?: Problem }} BatchItem
 * @typedef {Blob | ArrayBuffer | Uint8Array} Photo
 */

/** The service refused: `code` is stable, the message says what to do. */
export class ServiceError extends Error {
  /** @param {Problem} problem */
  constructor({ code, title, detail, status }) {
    super(detail);
    this.name = "ServiceError";
    this.code = code;
    this.title = title;
    this.status = status;
  }
}

/** The service cannot be reached or sends the photo elsewhere; or what came was cut off, late, or longer than any answer of it. */
export class NoAnswer extends Error {
  name = "NoAnswer";
}

export class Client {
  #url;
  #headers;
  #timeoutMs;
  #tries;
  #maxWaitMs;

  /**
   * @param {string} url the service's address
   * @param {object} options
   * @param {string} [options.key] an API key, where the service asks for one
   * @param {number} [options.timeoutMs] how long an answer may take
   * @param {number} [options.tries] how often a photo is sent to a service that is busy (503) or limits its callers (429)
   * @param {number} [options.maxWaitMs] the most that is waited in between; else what Retry-After says
   */
  constructor(url, { key, timeoutMs = 60_000, tries = 5, maxWaitMs = 10_000 } = {}) {
    // fetch would say so, too, and repeat the key.
    if (key && /[^\x20-\x7e]/.test(key.trim())) throw new NoAnswer("The key has characters that cannot be sent.");
    this.#url = url.replace(/\/+$/, "");
    this.#headers = key ? { Authorization: `Bearer ${key}` } : undefined;
    this.#timeoutMs = timeoutMs;
    this.#tries = tries;
    this.#maxWaitMs = maxWaitMs;
  }

  /**
   * Where the portrait is.
   * @param {Photo} photo
   * @returns {Promise<FaceAnswer>}
   */
  face(photo) {
    return this.#post("/face", [photo]);
  }

  /**
   * Whether the portrait was superimposed; with `evidence`, also where it shows.
   * @param {Photo} photo
   * @param {{ evidence?: boolean }} options
   * @returns {Promise<SuperAnswer>}
   */
  super(photo, { evidence = false } = {}) {
    return this.#post(`/super?evidence=${evidence}`, [photo]);
  }

  /**
   * One request for several photos: in their order, the answer or the problem of each.
   * @param {Photo[]} photos
   * @param {{ evidence?: boolean }} options
   * @returns {Promise<BatchItem[]>}
   */
  async superBatch(photos, { evidence = false } = {}) {
    return (await this.#post(`/super/batch?evidence=${evidence}`, photos)).items;
  }

  async #post(address, photos) {
    const body = new FormData();
    for (const photo of photos) body.append("image", photo instanceof Blob ? photo : new Blob([photo]), "photo");
    for (let tried = 1; ; tried += 1) {
      const response = await this.#send(address, body);
      const wait = response.headers.get("Retry-After") ?? "";
      const again = BUSY.includes(response.status) && /^\d+$/.test(wait) && tried < this.#tries;
      if (!again) return await this.#read(response);
      await response.body?.cancel();
      await new Promise((resolve) => setTimeout(resolve, Math.min(1000 * Number(wait), this.#maxWaitMs)));
    }
  }

  async #send(address, body) {
    const signal = AbortSignal.timeout(this.#timeoutMs);
    // A photo goes to nobody else: fetch would send it on to whatever address a 307 names.
    return await this.#reached(
      fetch(this.#url + address, { method: "POST", headers: this.#headers, body, signal, redirect: "error" }),
    );
  }

  async #read(response) {
    const text = await this.#reached(bounded(response.body));
    const said = parsed(text);
    if (response.ok && said) return said;
    const unnamed = { code: `http_${response.status}`, title: response.statusText, detail: "No details were given." };
    throw new ServiceError({ ...unnamed, ...said, status: response.status });
  }

  async #reached(answer) {
    try {
      return await answer;
    } catch (error) {
      const reason = error.name === "TimeoutError" ? `no answer within ${this.#timeoutMs} ms` : (error.cause ?? error).message;
      throw new NoAnswer(`${this.#url}: ${reason}`, { cause: error });
    }
  }
}

/** The text of an answer; of a compressed one, what it becomes is counted. */
async function bounded(body) {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  const reader = body?.getReader();
  let piece = await reader?.read();
  while (piece?.value) {
    bytes += piece.value.length;
    if (bytes > MOST_BYTES) {
      await reader.cancel();
      throw new Error(`The answer is longer than ${MOST_BYTES / 2 ** 20} MiB.`);
    }
    text += decoder.decode(piece.value, { stream: true });
    piece = await reader.read();
  }
  return text + decoder.decode();
}

/** Null for what is no JSON object: a proxy says what it likes. */
function parsed(text) {
  try {
    const said = JSON.parse(text);
    return typeof said === "object" && !Array.isArray(said) ? said : null;
  } catch {
    return null;
  }
}
