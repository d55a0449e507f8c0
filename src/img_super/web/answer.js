// The answer in words: verdict, gauge, warnings with advice, the facts, and the JSON for programs.

import { again } from "./documents.js";
import { element, find, icon, place } from "./dom.js";
import { hasText, percent, text, whole } from "./language.js";
import { facesBeside } from "./picture.js";
import { curlLine } from "./service.js";

const SHOWN_OF_MAP = 48;

export let band = null; // [from, to] of the undetermined scores, from the model's card

let missed = {}; // what the policy was measured to miss, by data set

export function setCard(card) {
  band = card.undetermined;
  const { figures } = card.policies.find(({ name }) => name === card.policy);
  missed = Object.fromEntries(Object.entries(figures).map(([set, { apcer }]) => [set, apcer.value]));
}

export function showAnswer(entry) {
  const node = find("answer");
  const open = Boolean(node.querySelector("details")?.open);
  node.dataset.verdict = entry.answer?.verdict ?? entry.status;
  node.setAttribute("aria-busy", String(["waiting", "running"].includes(entry.status)));
  node.replaceChildren(...parts(entry, open));
}

/** The name of what became of a document: a verdict, or why there is none. */
export const outcome = ({ answer, status }) => answer?.verdict ?? status;

export const outcomeText = (entry) =>
  entry.answer ? text(`verdict.${entry.answer.verdict}`) : text(entry.status === "failed" ? "verdict.failed" : entry.status);

export function problemTexts({ code, title, detail }) {
  if (!hasText(`error.${code}`)) return { title: title || text("error.internal_error"), advice: detail || text("error.internal_error.advice"), detail: "" };
  return { title: text(`error.${code}`), advice: text(`error.${code}.advice`), detail: translated(code, detail ?? "") };
}

/** The numbers of the service's English sentence, in a sentence of this language; nothing where there is no such one. */
function translated(code, detail) {
  const name = `error.${code}.detail`;
  const numbers = detail.match(/\d[\d,.]*\d|\d/g) ?? [];
  const places = Object.fromEntries(numbers.map((number, index) => [`n${index + 1}`, whole(Number(number.replaceAll(",", "")))]));
  return numbers.length > 0 && hasText(name) ? text(name, places) : "";
}

function parts(entry, open) {
  const { answer, status } = entry;
  if (status === "failed") return refusal(entry);
  if (!answer) return [heading(entry), element("p", { class: "says" }, text("running.detail")), element("div", { class: "pulse" })];
  return [
    heading(entry),
    element("p", { class: "says" }, text(`says.${answer.verdict}`), answer.verdict === "bona_fide" && howMuchIsMissed()),
    gauge(answer),
    reasons(answer),
    answer.quality.length > 0 && warnings(answer),
    facts(entry),
    programs(entry, open),
  ].filter(Boolean);
}

function howMuchIsMissed() {
  const { real_captures: real, generated_validation: generated } = missed;
  const known = real !== undefined && generated !== undefined;
  const rates = known ? text("missed", { real: percent(real), generated: percent(generated) }) : "";
  return [` ${rates} `, element("a", { href: "how-good" }, text("footer.model")), "."];
}

function heading(entry) {
  return element("h2", { id: "verdict", class: "verdict" }, element("span", { class: "badge" }, icon(outcome(entry))), outcomeText(entry));
}

function refusal(entry) {
  const { title, advice, detail } = problemTexts(entry.problem);
  return [
    element("h2", { id: "verdict", class: "verdict" }, element("span", { class: "badge" }, icon("failed")), title),
    element("p", { class: "says" }, advice),
    detail && element("p", { class: "service-says" }, detail),
    element("p", { class: "code" }, element("code", {}, entry.problem.code)),
    element("div", { class: "buttons" }, element("button", { type: "button", class: "small", id: "again", onclick: () => again(entry) }, text("again"))),
  ].filter(Boolean);
}

function gauge({ score, threshold, verdict }) {
  const [low, high] = band ?? [threshold, threshold];
  const words = {
    score: percent(score),
    verdict: text(`verdict.${verdict}`),
    threshold: percent(threshold),
    low: percent(low),
    high: percent(high),
  };
  const meter = element(
    "div",
    {
      class: "gauge",
      role: "meter",
      "aria-label": text("score"),
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "aria-valuenow": (100 * score).toFixed(1),
      "aria-valuetext": text(band ? "gauge.band" : "gauge", words),
    },
    element("div", { class: "track" }, ...["bona_fide", "undetermined", "attack"].map((name) => element("span", { class: name }))),
    element("span", { class: "tick" }),
    element("span", { class: "tick-label" }, text("threshold", { value: words.threshold })),
    element("span", { class: "needle" }),
  );
  place(meter, { score, threshold, low, high });
  meter.dataset.side = threshold > 0.5 ? "left" : "right";
  return element(
    "div",
    { class: "score" },
    element("p", { class: "number" }, words.score),
    element("p", { class: "number-label" }, text("score")),
    meter,
    element(
      "ul",
      { class: "zones" },
      zone("bona_fide", text("below", { value: words.low }), verdict),
      band && zone("undetermined", text("between", words), verdict),
      zone("attack", text("above", { value: words.high }), verdict),
    ),
  );
}

function zone(name, range, verdict) {
  return element("li", { class: name, "aria-current": name === verdict ? "true" : null }, element("b", {}, text(`verdict.${name}`)), " ", element("span", {}, range));
}

function warnings({ quality, coord }) {
  const width = Math.min(coord.x_max - coord.x_min, coord.y_max - coord.y_min);
  const list = quality.map(({ code, detail }) => {
    const known = hasText(`quality.${code}`);
    const advice = known ? text(`quality.${code}.advice`, { width: whole(width) }) : detail;
    return element("li", {}, icon("warning"), element("div", {}, element("b", {}, known ? text(`quality.${code}`) : code), element("p", {}, advice)));
  });
  return element("section", { class: "warnings" }, element("h3", {}, text("quality.title")), element("ul", {}, list));
}

const sentence = ({ code, detail }) => (hasText(`reason.${code}`) ? text(`reason.${code}`) : detail);

const documentLine = ({ score, verdict }, index) =>
  text("reason.document", { number: index + 1, verdict: text(`verdict.${verdict}`), score: percent(score) });

function reasons({ reasons: sentences, documents }) {
  const lines = documents.length > 1 ? documents.map(documentLine) : [];
  return element("section", { class: "reasons" }, element("h3", {}, text("reason.title")), element("ul", {}, [...sentences.map(sentence), ...lines].map((line) => element("li", {}, line))));
}

function facts({ answer, tookMs }) {
  const { ghosts, outside } = facesBeside(answer);
  const { rotation } = answer.evidence;
  const rows = [
    ["faces", text(`faces.ghosts.${many(ghosts)}`, { count: ghosts.length })],
    outside.length > 0 && ["outside", text(`faces.outside.${many(outside)}`, { count: outside.length })],
    rotation !== 0 && ["turned", text("turned.by", { degrees: rotation })],
    ["weights", [`${answer.model.name} ${answer.model.version} `, element("code", { title: answer.model.sha256 }, answer.model.sha256.slice(0, 8))]],
    ["took", text("milliseconds", { count: whole(tookMs) })],
  ].filter(Boolean);
  return element("dl", { class: "facts-list" }, rows.map(([name, value]) => element("div", {}, element("dt", {}, text(name)), element("dd", {}, value))));
}

const many = (faces) => ["none", "one"][faces.length] ?? "many";

function programs({ answer, file }, open) {
  return element(
    "details",
    { class: "programs", open },
    element("summary", {}, text("details")),
    element("p", {}, element("code", {}, `reco: "${answer.reco}"`), " ", text("reco", { threshold: percent(answer.threshold) })),
    copyable("curl", curlLine(file), curlLine(file)),
    copyable("json", JSON.stringify(shortened(answer), null, 2), JSON.stringify(answer, null, 2)),
  );
}

/** The map's text is long and tells a reader nothing; it is copied whole. */
function shortened(answer) {
  const { heat_map } = answer.evidence;
  const map = `${heat_map.slice(0, SHOWN_OF_MAP)}… (${heat_map.length})`;
  return { ...answer, evidence: { ...answer.evidence, heat_map: map } };
}

function copyable(name, shown, copied) {
  const button = element("button", { type: "button", class: "small copy", id: `copy-${name}` }, icon("copy"), element("span", {}, text("copy")));
  button.setAttribute("aria-label", `${text("copy")}: ${text(name)}`);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(copied);
    button.lastChild.textContent = text("copied");
    find("announcement").textContent = text("copied");
    setTimeout(() => (button.lastChild.textContent = text("copy")), 1500);
  });
  return element(
    "section",
    { class: "copyable" },
    element("div", { class: "copyable-head" }, element("h3", {}, text(name)), button),
    element("pre", { id: name, tabindex: 0, role: "region", "aria-label": text(name) }, element("code", {}, shown)),
  );
}
