// Connects the parts: four ways to add photos, answers, language and theme.

import { outcomeText, problemTexts, setCard, showAnswer } from "./answer.js";
import { offerCamera } from "./camera.js";
import { add, again, clear, documents, events } from "./documents.js";
import { find } from "./dom.js";
import { choose, language, percent, preferredLanguage, speak, text } from "./language.js";
import { draw, forget, setBoxes, setHeat, setView } from "./picture.js";
import { askModel, fetchSample, hasKey, useKey } from "./service.js";
import { csv, showTable, toggleSort } from "./table.js";

let selected = null;

await speak(preferredLanguage());
showLanguage();
showTheme();
listen();
learnModel();
document.documentElement.dataset.ready = "";

function listen() {
  events.addEventListener("changed", ({ detail }) => onChange(detail));
  listenForPhotos();
  listenToControls();
  listenForKey();
}

// ---- photos

function listenForPhotos() {
  find("choose").addEventListener("click", () => find("files").click());
  for (const id of ["files", "capture"]) {
    find(id).addEventListener("change", ({ target }) => {
      take(target.files);
      target.value = "";
    });
  }
  for (const button of document.querySelectorAll("[data-samples]")) {
    button.addEventListener("click", () => takeSamples(button.dataset.samples.split(" ")));
  }
  document.addEventListener("paste", ({ clipboardData }) => take(clipboardData.files));
  document.addEventListener("dragover", (event) => onDrag(event, true));
  document.addEventListener("dragleave", (event) => event.relatedTarget === null && onDrag(event, false));
  document.addEventListener("drop", (event) => {
    onDrag(event, false);
    take(event.dataTransfer.files);
  });
  offerCamera((photo) => take([photo]), () => announce(text("camera.refused")));
}

function onDrag(event, isOver) {
  event.preventDefault();
  document.body.classList.toggle("dropping", isOver && event.dataTransfer.types.includes("Files"));
}

async function takeSamples(names) {
  try {
    take(await Promise.all(names.map(fetchSample)));
  } catch {
    announce(text("error.unreachable"));
  }
}

function take(files) {
  if (files.length === 0) return;
  document.body.dataset.state = "filled";
  const [first] = add(files);
  select(first);
}

function forgetAll() {
  clear();
  forget();
  selected = null;
  document.body.dataset.state = "empty";
  find("result").hidden = true;
  find("answer").replaceChildren();
  find("file-name").textContent = "";
  showTable(null, select);
  announce(text("announce.cleared"));
  find("choose").focus();
}

// ---- answers

function select(entry) {
  selected = entry;
  showSelected();
  showTable(selected, select);
}

async function showSelected() {
  find("result").hidden = selected === null;
  if (!selected) return;
  const entry = selected;
  find("file-name").textContent = entry.name;
  showAnswer(entry);
  await draw(entry);
  if (entry.status === "done") performance.measure("answer-drawing", { start: lastMark("answer-received"), end: performance.now() });
}

function lastMark(name) {
  return performance.getEntriesByName(name).at(-1)?.startTime ?? 0;
}

function onChange(entry) {
  if (!documents.includes(entry)) return;
  if (entry === selected) showSelected();
  showTable(selected, select);
  announce(sentence(entry));
  if (entry.problem?.status === 401) askForKey();
}

function sentence(entry) {
  const { name, answer, problem, status } = entry;
  if (answer) return text("announce.done", { name, verdict: outcomeText(entry), score: percent(answer.score) });
  if (problem) return text("announce.failed", { name, title: problemTexts(problem).title });
  return status === "running" ? text("announce.running", { name }) : "";
}

function announce(words) {
  if (words) find("announcement").textContent = words;
}

async function learnModel() {
  try {
    const { validator } = await askModel();
    setCard(validator);
    find("model").textContent = `${validator.name} ${validator.version}`;
    if (selected) select(selected);
  } catch (problem) {
    if (problem.status === 401) find("key-open").hidden = false;
  }
}

// ---- controls

function listenToControls() {
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => changeLanguage(button.dataset.language));
  }
  find("theme").addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    showTheme();
  });
  for (const name of ["document", "portrait"]) find(`view-${name}`).addEventListener("click", () => setView(name));
  find("show-boxes").addEventListener("change", ({ target }) => setBoxes(target.checked));
  find("heat-opacity").addEventListener("input", showHeat);
  find("sort").addEventListener("click", () => {
    toggleSort();
    showTable(selected, select);
  });
  find("download").addEventListener("click", download);
  for (const id of ["clear-all", "clear-one"]) find(id).addEventListener("click", forgetAll);
  showHeat();
}

async function changeLanguage(wanted) {
  await choose(wanted);
  showLanguage();
  showTheme();
  showHeat();
  if (selected) select(selected);
}

function showLanguage() {
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", button.dataset.language === language);
  }
}

function showHeat() {
  const { value } = find("heat-opacity");
  find("heat-value").textContent = `${value} %`;
  setHeat(Number(value));
}

function isDark() {
  return getComputedStyle(document.documentElement).getPropertyValue("--is-dark").trim() === "1";
}

function showTheme() {
  const words = text(isDark() ? "theme.light" : "theme.dark");
  find("theme").setAttribute("aria-label", words);
  find("theme").title = words;
}

function download() {
  const url = URL.createObjectURL(new Blob(["\ufeff", csv()], { type: "text/csv" }));
  const link = Object.assign(document.createElement("a"), { href: url, download: "img_super.csv" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url));
}

// ---- API key

function listenForKey() {
  find("key-open").addEventListener("click", askForKey);
  find("key-close").addEventListener("click", () => find("key").close());
  find("key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    find("key").close();
    useKey(find("key-value").value);
    find("key-value").value = "";
    learnModel();
    documents.filter(({ problem }) => problem?.status === 401).forEach(again);
  });
}

function askForKey() {
  find("key-open").hidden = false;
  if (find("key").open) return;
  find("key-wrong").hidden = !hasKey();
  find("key").showModal();
}
