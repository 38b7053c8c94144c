// Draws a digitised ECG on millimetre paper: three rows of four leads and a rhythm strip.
// One SVG unit is one millimetre of paper.

import { svg } from "/js/dom.js";
import { t } from "/js/i18n.js";

export const SPEED_MM_PER_S = 25;
export const GAIN_MM_PER_MV = 10;

const COLUMNS = [
  ["I", "II", "III"],
  ["aVR", "aVL", "aVF"],
  ["V1", "V2", "V3"],
  ["V4", "V5", "V6"],
];
const RHYTHM_LEAD = "II";
const ROW_HEIGHT = 30;
const MARGIN = 5;

/** Draw a signal as the API returns it: {rate, signal_mv: {lead: [mV or null, ...]}}. */
export function ecgChart({ rate, signal_mv: leads }) {
  const segments = RHYTHM_LEAD in leads ? standardLayout(leads, rate) : stackedLayout(leads);
  const rows = Math.max(...segments.map(({ row }) => row)) + 1;
  const duration = Math.max(...segments.map(({ start, samples }) => start + samples.length / rate));
  const width = Math.ceil((duration * SPEED_MM_PER_S) / 5) * 5 + 2 * MARGIN;
  const height = rows * ROW_HEIGHT + 2 * MARGIN;
  return svg(
    "svg",
    {
      class: "ecg-chart",
      viewBox: `0 0 ${width} ${height}`,
      role: "group",
      "aria-label": t("signal.drawing"),
    },
    svg("defs", {}, gridPattern("fine", 1), gridPattern("coarse", 5)),
    ...["fine", "coarse"].map((name) =>
      svg("rect", { width, height, fill: `url(#${name})`, "aria-hidden": "true" }),
    ),
    segments.map((segment) => leadTrace(segment, rate)),
  );
}

function gridPattern(name, size) {
  return svg(
    "pattern",
    { id: name, width: size, height: size, patternUnits: "userSpaceOnUse" },
    svg("path", { class: `grid-${name}`, d: `M${size} 0H0V${size}` }),
  );
}

// A layout is a list of segments {name, row, start, samples}; start is in seconds from the left.

/** One row per lead. */
function stackedLayout(leads) {
  return Object.entries(leads).map(([name, samples], row) => ({ name, row, start: 0, samples }));
}

/** A quarter of each lead in three rows of four, and the whole rhythm lead below. */
function standardLayout(leads, rate) {
  const rhythm = leads[RHYTHM_LEAD];
  const quarter = Math.floor(rhythm.length / COLUMNS.length);
  const segments = COLUMNS.flatMap((names, column) =>
    names.map((name, row) => ({
      name,
      row,
      start: (column * quarter) / rate,
      samples: availableSamples(leads[name], column * quarter, quarter),
    })),
  );
  return [...segments, { name: RHYTHM_LEAD, row: COLUMNS[0].length, start: 0, samples: rhythm }];
}

/** The samples of a time window, or the first recorded ones if the window has none. */
function availableSamples(samples, start, length) {
  const window = samples.slice(start, start + length);
  if (window.some((value) => value !== null)) return window;
  const first = Math.max(
    0,
    samples.findIndex((value) => value !== null),
  );
  return samples.slice(first, first + length);
}

function leadTrace({ name, row, start, samples }, rate) {
  const left = MARGIN + start * SPEED_MM_PER_S;
  const top = MARGIN + row * ROW_HEIGHT;
  const baseline = top + ROW_HEIGHT * 0.6;
  let command = "M"; // after a gap the path starts anew
  const path = samples.map((value, index) => {
    if (value === null) {
      command = "M";
      return "";
    }
    const x = left + (index / rate) * SPEED_MM_PER_S;
    const y = baseline - value * GAIN_MM_PER_MV;
    const step = `${command}${x.toFixed(2)} ${y.toFixed(2)}`;
    command = "L";
    return step;
  });
  return svg(
    "g",
    {},
    svg("path", { class: "lead-trace", d: path.join("") }),
    svg("text", { class: "lead-name", x: left + 1, y: top + 6 }, name),
  );
}
