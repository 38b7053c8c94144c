// The table of measurements with their normal ranges, in the words of the API.

import { h } from "/js/dom.js";
import { t } from "/js/i18n.js";

const COLUMNS = ["name", "value", "range", "status"];

/** @param rows  `measurement_rows` of a result */
export function measurementsTable(rows) {
  const table = h(
    "table",
    {},
    h("caption", {}, t("measurements.caption")),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        COLUMNS.map((name) => h("th", { scope: "col" }, t(`measurements.${name}`))),
      ),
    ),
    h("tbody", {}, rows.map(measurementRow)),
  );
  return [
    h(
      "div",
      { class: "table-scroll", tabindex: 0, role: "group", "aria-label": t("measurements.title") },
      table,
    ),
    sources(rows),
  ];
}

function measurementRow({ title, value, normal_range, comparison, word }) {
  return h(
    "tr",
    { class: comparison ?? "unknown" },
    h("th", { scope: "row" }, title),
    value
      ? h("td", { class: "value" }, value)
      : h("td", { class: "missing" }, t("measurements.missing")),
    h("td", { class: "range" }, normal_range || "–"),
    h("td", { class: "status" }, word || "–"),
  );
}

function sources(rows) {
  const names = [...new Set(rows.map(({ source }) => source))];
  return h(
    "details",
    { class: "sources" },
    h("summary", {}, t("measurements.sources")),
    h(
      "ul",
      {},
      names.map((name) => h("li", {}, name)),
    ),
  );
}
