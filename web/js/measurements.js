// What is measured: units, adult normal ranges (null: open) and digits worth showing.

import { h } from "/js/dom.js";
import { number, t } from "/js/texts.js";

export const QUANTITIES = {
  heart_rate_bpm: { unit: "/min", low: 60, high: 100, digits: 0 },
  rr_spread_ms: { unit: "ms", low: null, high: 120, digits: 0 },
  pr_ms: { unit: "ms", low: 120, high: 200, digits: 0 },
  qrs_ms: { unit: "ms", low: null, high: 110, digits: 0 },
  qt_ms: { unit: "ms", low: null, high: null, digits: 0 },
  qtc_ms: { unit: "ms", low: 390, high: 460, digits: 0 },
  axis_deg: { unit: "degrees", low: -30, high: 90, digits: 0 },
  sokolow_lyon_mv: { unit: "mV", low: null, high: 3.5, digits: 1 },
  cornell_mv: { unit: "mV", low: null, high: 2.8, digits: 1 },
};

export function measurementsTable(measurements) {
  const heads = ["name", "value", "range", "place"].map((name) =>
    h("th", { scope: "col" }, t(`measurements.${name}`)),
  );
  const table = h(
    "table",
    {},
    h("caption", {}, t("measurements.caption")),
    h("thead", {}, h("tr", {}, heads)),
    h("tbody", {}, Object.keys(QUANTITIES).map((id) => row(id, measurements[id]))),
  );
  return h(
    "div",
    { class: "scrolling", tabindex: 0, role: "group", "aria-label": t("measurements.title") },
    table,
  );
}

/** Where a value lies: "below", "within" or "above" its range; null where there is none. */
export function place(value, { low, high }) {
  if (value === null || (low === null && high === null)) return null;
  if (low !== null && value < low) return "below";
  return high !== null && value > high ? "above" : "within";
}

function row(id, value) {
  const quantity = QUANTITIES[id];
  const unit = t(`units.${quantity.unit}`);
  const where = place(value, quantity);
  return h(
    "tr",
    { class: where ?? "unknown" },
    h("th", { scope: "row" }, t(`measurements.titles.${id}`)),
    value === null
      ? h("td", { class: "missing" }, t("measurements.missing"))
      : h("td", { class: "value" }, number(value, quantity.digits) + unit),
    h("td", {}, range(quantity)),
    h("td", { class: "place" }, where === null ? "–" : t(`measurements.${where}`)),
  );
}

function range({ low, high, digits }) {
  if (low === null && high === null) return "–";
  if (low === null) return t("measurements.at_most", { high: number(high, digits) });
  return t("measurements.between", { low: number(low, digits), high: number(high, digits) });
}
