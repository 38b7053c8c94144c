// What was found, condition by condition: how likely, who voted for it, and what it means.

import { h } from "/js/dom.js";
import { t } from "/js/texts.js";
import { likelihood, percent } from "/js/words.js";

const ORDER = ["present", "uncertain", "absent", "not_assessed"];

export function conditionList(conditions) {
  const sorted = ORDER.flatMap((status) => conditions.filter((one) => one.status === status));
  return h("ul", { class: "condition-list" }, sorted.map(card));
}

function card(condition) {
  return h(
    "li",
    { class: `condition ${tone(condition)}`, "data-condition": condition.id },
    h(
      "div",
      { class: "condition-head" },
      h("h3", {}, condition.title),
      h("span", { class: "badge" }, t(`status.${condition.status}`)),
    ),
    condition.probability !== null && bar(condition.probability),
    h("p", { class: "why" }, condition.reason),
    condition.votes && votes(condition.votes),
    h(
      "details",
      { open: condition.status === "present" },
      h("summary", {}, t("conditions.about")),
      h("p", {}, condition.explanation),
      h("h4", {}, t("conditions.next_steps")),
      h("p", {}, condition.next_steps),
      h("h4", {}, t("conditions.links")),
      h("ul", { class: "links" }, condition.links.map(outside)),
    ),
  );
}

/** Good news, something found, in doubt, or nothing. */
function tone({ id, status }) {
  if (status !== "present") return status;
  return id === "normal" ? "fine" : "present";
}

function bar(probability) {
  const fill = h("span", { class: "bar-fill" });
  fill.style.setProperty("--share", String(probability));
  return h(
    "p",
    { class: "likelihood" },
    h("span", { class: "bar", "aria-hidden": "true" }, fill),
    h("span", { class: "figure" }, percent(probability)),
    h("span", { class: "word" }, likelihood(probability)),
  );
}

function votes(given) {
  return h(
    "ul",
    { class: "votes", "aria-label": t("votes.title") },
    Object.entries(given).map(([name, vote]) => {
      const word = vote ? "yes" : "no";
      return h("li", { class: word }, t(`votes.${word}`, { name: t(`votes.${name}`) }));
    }),
  );
}

function outside(address) {
  const site = new URL(address);
  const host = site.hostname.replace(/^www\./, "");
  const page = site.pathname.split("/").filter(Boolean).at(-1).replaceAll("-", " ");
  return h(
    "li",
    {},
    h("a", { href: address, rel: "noopener noreferrer", target: "_blank" }, `${host}: ${page}`),
    h("span", { class: "hidden" }, ` ${t("conditions.new_tab")}`),
  );
}
