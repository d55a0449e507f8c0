// The page's texts, in the browser's language until the user chooses another.

const LANGUAGES = ["es", "en"];
const KEPT_AS = "img_super.language";

let texts = {};
let percents;

export let language = "";

/** The language chosen here before, or the first of the browser's that the page speaks, or Spanish. */
export function preferredLanguage() {
  const wanted = [kept(), ...navigator.languages].map((tag) => (tag ?? "").slice(0, 2).toLowerCase());
  return wanted.find((tag) => LANGUAGES.includes(tag)) ?? "es";
}

export async function speak(wanted) {
  const response = await fetch(`web/texts/${wanted}.json`);
  texts = await response.json();
  language = wanted;
  percents = new Intl.NumberFormat(wanted, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
  document.documentElement.lang = wanted;
  document.title = `${text("question")} · img_super`;
  translate(document.body);
}

/** Speak it from now on, and the next time. */
export async function choose(wanted) {
  try {
    localStorage.setItem(KEPT_AS, wanted);
  } catch {
    // without storage, the choice lasts until the page is closed
  }
  await speak(wanted);
}

/** The sentence of this name, its {places} filled. */
export function text(name, values = {}) {
  return (texts[name] ?? name).replace(/\{(\w+)\}/g, (_, place) => values[place] ?? "");
}

export const hasText = (name) => name in texts;

/** A probability as people read it; never rounded up to certainty. */
export function percent(probability) {
  return percents.format(Math.min(Math.max(probability, probability > 0 ? 0.001 : 0), probability < 1 ? 0.999 : 1));
}

/** A number as a spreadsheet of this language reads it; where the comma divides decimals, it divides no cells. */
export const decimal = (number) => new Intl.NumberFormat(language, { maximumFractionDigits: 6, useGrouping: false }).format(number);
export const listSeparator = () => (decimal(0.5).includes(",") ? ";" : ",");

export const whole = (number) => new Intl.NumberFormat(language).format(Math.round(number));

function translate(root) {
  for (const node of root.querySelectorAll("[data-t]")) node.textContent = text(node.dataset.t);
  for (const node of root.querySelectorAll("[data-t-label]")) node.setAttribute("aria-label", text(node.dataset.tLabel));
}

function kept() {
  try {
    return localStorage.getItem(KEPT_AS);
  } catch {
    return null;
  }
}
