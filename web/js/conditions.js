// The list of conditions: probability, classifier votes, explanation and next steps of each.

import { h } from "/js/dom.js";
import { formatProbability } from "/js/formatting.js";
import { t } from "/js/i18n.js";

const STATUS_ORDER = ["likely", "possible", "unlikely", "not_assessed"];

export function conditionList(conditions) {
  const sorted = STATUS_ORDER.flatMap((status) =>
    conditions.filter((condition) => condition.status === status),
  );
  return h("ul", { class: "condition-list" }, sorted.map(conditionItem));
}

function conditionItem(condition) {
  return h(
    "li",
    { class: `condition ${statusClass(condition)}`, "data-condition": condition.id },
    h(
      "div",
      { class: "condition-head" },
      h("h3", {}, condition.title),
      h("span", { class: "badge" }, condition.status_label),
    ),
    isAssessed(condition) && probabilityBar(condition.probability),
    h("p", { class: "reason" }, condition.reason),
    isAssessed(condition) && condition.votes && classifierVotes(condition.votes),
    condition.evidence.length > 0 &&
      h(
        "p",
        { class: "reason evidence" },
        t("conditions.evidence", {
          list: condition.evidence.map(({ text }) => text).join("; "),
        }),
      ),
    h(
      "details",
      { open: condition.status === "likely" },
      h("summary", {}, t("conditions.about")),
      h("p", {}, condition.explanation),
      h("h4", {}, t("conditions.next_steps")),
      h("p", {}, condition.next_steps),
      h("h4", {}, t("conditions.links")),
      h("ul", { class: "link-list" }, condition.links.map(externalLink)),
    ),
  );
}

/** Whether the classifier's probability means anything; a doctor's review has none. */
const isAssessed = ({ status, probability }) => status !== "not_assessed" && probability !== null;

/** The CSS class that colours an item. */
function statusClass({ id, status }) {
  return id === "normal" && status === "likely" ? "normal" : status;
}

function probabilityBar(probability) {
  const fill = h("span", { class: "bar-fill" });
  fill.style.setProperty("--fraction", String(probability));
  return h(
    "p",
    { class: "likelihood" },
    h("span", { class: "bar", "aria-hidden": "true" }, fill),
    h("span", { class: "percentage" }, formatProbability(probability)),
  );
}

function classifierVotes(votes) {
  return h(
    "ul",
    { class: "votes", "aria-label": t("votes.title") },
    Object.entries(votes).map(([name, vote]) => {
      const answer = vote ? "yes" : "no";
      return h("li", { class: answer }, t(`votes.${answer}`, { name: t(`votes.${name}`) }));
    }),
  );
}

function externalLink(url) {
  const { hostname, pathname } = new URL(url);
  const host = hostname.replace(/^www\./, "");
  const page = pathname.split("/").filter(Boolean).at(-1).replaceAll("-", " ");
  return h(
    "li",
    {},
    h("a", { href: url, rel: "noopener noreferrer", target: "_blank" }, `${host}: ${page}`),
    h("span", { class: "visually-hidden" }, ` ${t("conditions.new_tab")}`),
  );
}
