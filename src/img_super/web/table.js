// Several documents as a table: thumbnail, verdict, probability, warnings.

import { band, outcome, outcomeText, problemTexts } from "./answer.js";
import { documents } from "./documents.js";
import { element, find, icon, place } from "./dom.js";
import { decimal, listSeparator, percent, text } from "./language.js";

const OUTCOMES = ["attack", "undetermined", "bona_fide", "failed", "running", "waiting"];
const THUMBNAIL_WH = [144, 96];

let sorted = false;

export function toggleSort() {
  sorted = !sorted;
}

export function showTable(selected, onSelect) {
  const count = documents.length;
  find("documents").hidden = count < 2;
  find("clear-one").hidden = count > 1;
  if (count < 2) return find("rows").replaceChildren();
  const answered = documents.filter(({ status }) => status === "done" || status === "failed").length;
  find("documents-title").textContent = text(count === 1 ? "documents.title.one" : "documents.title.many", { count });
  Object.assign(find("documents-progress"), { max: count, value: answered, hidden: answered === count });
  find("score-head").setAttribute("aria-sort", sorted ? "descending" : "none");
  find("totals").replaceChildren(...totals());
  const focused = document.activeElement?.closest("#rows [data-id]")?.dataset.id;
  find("rows").replaceChildren(...inOrder().map((entry) => row(entry, entry === selected, onSelect)));
  if (focused) find("rows").querySelector(`[data-id="${focused}"] button`)?.focus({ preventScroll: true });
}

/** How many documents came to what. */
function totals() {
  const groups = OUTCOMES.map((name) => documents.filter((entry) => outcome(entry) === name)).filter((group) => group.length > 0);
  return groups.map((group) => element("span", { "data-verdict": outcome(group[0]) }, element("b", {}, group.length), " ", outcomeText(group[0])));
}

/** What the table shows, for the spreadsheets of this language. */
export function csv() {
  const head = ["photo", "score", "reco", "verdict", "threshold", "quality", "error_code", "model", "reasons", "documents", "outside"]; // as a scan's
  const rows = inOrder().map(({ name, answer, problem }) => [
    name,
    answer && decimal(answer.score),
    answer?.reco,
    answer?.verdict,
    answer && decimal(answer.threshold),
    answer?.quality.map(({ code }) => code).join(" "),
    problem?.code,
    answer && `${answer.model.name} ${answer.model.version}`,
    answer?.reasons.map(({ code }) => code).join(" "),
    answer?.documents.length,
    answer?.outside.length,
  ]);
  return [head, ...rows].map((cells) => cells.map(csvCell).join(listSeparator()) + "\r\n").join("");
}

/** A name that begins like a formula would be one in a spreadsheet. */
function csvCell(value) {
  const cell = String(value ?? "");
  const harmless = typeof value === "string" && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",;\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

function inOrder() {
  if (!sorted) return documents;
  return documents.toSorted((entry, other) => (other.answer?.score ?? -1) - (entry.answer?.score ?? -1));
}

function row(entry, isSelected, onSelect) {
  const name = element("button", { type: "button", class: "row-name", "aria-current": isSelected ? "true" : null }, entry.name);
  name.setAttribute("aria-label", text("documents.show", { name: entry.name }));
  return element(
    "tr",
    { role: "row", "data-id": entry.id, "data-verdict": outcome(entry), class: isSelected ? "selected" : null, onclick: () => onSelect(entry) },
    element("th", { scope: "row", role: "rowheader" }, element("div", { class: "row-head" }, thumbnailOf(entry), name)),
    element("td", { role: "cell" }, element("span", { class: "chip" }, icon(outcome(entry)), outcomeText(entry))),
    element("td", { role: "cell", class: "row-score" }, entry.answer ? scoreCell(entry.answer) : "–"),
    element("td", { role: "cell", class: "notes" }, notes(entry)),
  );
}

function scoreCell({ score, threshold }) {
  const [low, high] = band ?? [threshold, threshold];
  const bar = place(element("span", { class: "row-bar", "aria-hidden": "true" }), { score, low, high });
  return [element("span", { class: "row-number" }, percent(score)), bar];
}

function notes({ answer, problem }) {
  if (problem) return problemTexts(problem).title;
  return (answer?.quality ?? []).map(({ code }) => text(`quality.${code}`)).join(", ");
}

/** Drawn once for each document and small: a hundred photos of twelve megapixels would not fit into a phone. */
function thumbnailOf(entry) {
  if (!entry.thumbnail) {
    const [width, height] = THUMBNAIL_WH;
    entry.thumbnail = element("canvas", { class: "thumbnail", width, height, "aria-hidden": "true" });
    drawThumbnail(entry).catch(() => entry.thumbnail.classList.add("blank"));
  }
  return entry.thumbnail;
}

async function drawThumbnail({ file, thumbnail }) {
  const [width, height] = THUMBNAIL_WH;
  const photo = await createImageBitmap(file, { resizeWidth: 2 * width, resizeQuality: "medium" });
  const scale = Math.max(width / photo.width, height / photo.height);
  const [w, h] = [photo.width * scale, photo.height * scale];
  thumbnail.getContext("2d").drawImage(photo, (width - w) / 2, (height - h) / 2, w, h);
  photo.close();
}
