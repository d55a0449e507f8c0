// The model's measured quality, from its card.

import { element, find } from "./dom.js";
import { choose, hasText, language, percent, preferredLanguage, speak, text } from "./language.js";
import { askFigures } from "./service.js";

const SETS = ["real_captures", "generated_validation"];
const KIND = /^(exchanged_)?(\w+?)(?:_(crude|careful))?$/;

const card = askFigures();

const figure = ({ value, interval_95: [low, high] }) => [percent(value), element("span", { class: "interval" }, text("good.interval", { low: percent(low), high: percent(high) }))];

const row = ([head, ...cells], current) =>
  element("tr", { "aria-current": current ? "true" : null }, element("th", { scope: "row" }, head), ...cells.map((cell) => element("td", { class: "figure" }, cell)));

const table = (title, heads, rows) =>
  element(
    "div",
    { class: "frame", tabindex: 0, role: "region", "aria-label": `${title}: ${text(heads[0])}` },
    element("table", {}, element("thead", {}, element("tr", {}, ...heads.map((name) => element("th", { scope: "col" }, text(name))))), element("tbody", {}, ...rows)),
  );

await speak(preferredLanguage());
await show();
for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => choose(button.dataset.language).then(show));
}
document.documentElement.dataset.ready = "";

async function show() {
  document.title = `${text("footer.model")} · img_super`;
  for (const button of document.querySelectorAll("[data-language]")) button.setAttribute("aria-pressed", button.dataset.language === language);
  const known = await card.catch(() => null);
  if (!known) return find("figures").replaceChildren(element("p", { role: "alert" }, text("good.failed")));
  find("model").textContent = `${known.name} ${known.version}`;
  find("figures").replaceChildren(...SETS.filter((name) => known.figures[name]).flatMap((name) => section(name, known)));
}

function section(name, { figures, policies, policy }) {
  const { species = {}, groups = {}, bona_fide, attacks, documents } = figures[name];
  const title = text(`good.${name}`);
  return [
    element("h2", {}, title),
    element("p", {}, text(`good.${name}.of`, { bona_fide, attacks, documents }), " ", text("good.intervals")),
    table(
      title,
      ["good.policy", "good.threshold", "good.bpcer", "good.apcer", "good.review.bona_fide", "good.review.attack"],
      policies.filter((choice) => choice.figures[name]).map((choice) => policyRow(choice, choice.figures[name], choice.name === policy)),
    ),
    element("p", {}, text("good.species")),
    table(
      title,
      ["good.kind", "good.apcer"],
      Object.entries(species).map(([kind, { apcer }]) => row([kindOf(kind), figure(apcer)])),
    ),
    ...groupsOf(name, title, Object.values(groups).flatMap(Object.entries)),
  ];
}

/** The rates of each group of people, where the people shown are known; no column for what no group has. */
function groupsOf(name, title, groups) {
  if (groups.length === 0) return [];
  const rates = ["bpcer", "apcer"].filter((rate) => groups.some(([, of]) => of[rate]));
  return [
    element("p", {}, text(`good.groups.${name}`), " ", text("good.groups.intervals")),
    table(
      title,
      ["good.group", "good.people", ...rates.map((rate) => `good.${rate}`)],
      groups.map(([group, of]) => row([nameOf(`good.group.${group}`, group), String(of.people), ...rates.map((rate) => (of[rate] ? figure(of[rate]) : "–"))])),
    ),
  ];
}

function policyRow({ name, threshold }, { bpcer, apcer, undetermined }, decides) {
  const title = [text(`good.policy.${name}`), decides && element("span", { class: "interval" }, text("good.active"))];
  return row([title, percent(threshold), figure(bpcer), figure(apcer), percent(undetermined.bona_fide), percent(undetermined.attack)], decides);
}

function kindOf(kind) {
  const [, exchanged, plain, care] = kind.match(KIND) ?? [null, null, kind, null];
  const more = [exchanged && "exchanged", care].filter(Boolean);
  return [nameOf(`good.${plain}`, plain), ...more.map((word) => text(`good.${word}`))].join(", ");
}

/** In this language, or as the card of a newer model calls it. */
function nameOf(known, otherwise) {
  return hasText(known) ? text(known) : otherwise;
}
