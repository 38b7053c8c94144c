// The table of measurements with their normal ranges.

import { h } from "/js/dom.js";
import { formatNumber, t } from "/js/i18n.js";

// Normal ranges of adults, as in the API's code; null is an open end. Digits are decimal places.
export const REFERENCE_RANGES = {
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

const COLUMNS = ["name", "value", "range", "status"];

export function measurementsTable(measurements) {
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
    h(
      "tbody",
      {},
      Object.keys(REFERENCE_RANGES).map((id) => measurementRow(id, measurements[id])),
    ),
  );
  return h(
    "div",
    { class: "table-scroll", tabindex: 0, role: "group", "aria-label": t("measurements.title") },
    table,
  );
}

function measurementRow(id, value) {
  const range = REFERENCE_RANGES[id];
  const unit = t(`units.${range.unit}`);
  const status = compareToRange(value, range);
  return h(
    "tr",
    { class: status ?? "unknown" },
    h("th", { scope: "row" }, t(`measurements.titles.${id}`)),
    value === null
      ? h("td", { class: "missing" }, t("measurements.missing"))
      : h("td", { class: "value" }, formatNumber(value, range.digits) + unit),
    h("td", { class: "range" }, formatRange(range)),
    h("td", { class: "status" }, status === null ? "–" : t(`measurements.${status}`)),
  );
}

/** "below", "within" or "above"; null without a value or a range. */
function compareToRange(value, { low, high }) {
  if (value === null || (low === null && high === null)) return null;
  if (low !== null && value < low) return "below";
  return high !== null && value > high ? "above" : "within";
}

function formatRange({ low, high, digits }) {
  if (low === null && high === null) return "–";
  if (low === null) return t("measurements.at_most", { high: formatNumber(high, digits) });
  return t("measurements.between", {
    low: formatNumber(low, digits),
    high: formatNumber(high, digits),
  });
}
