// An ECG on millimetre paper in the standard layout: three rows of four leads and a rhythm strip.
// One unit of the drawing is one millimetre of the paper.

import { svg } from "/js/dom.js";
import { t } from "/js/texts.js";

export const SPEED = 25; // mm/s
export const GAIN = 10; // mm/mV

const COLUMNS = [
  ["I", "II", "III"],
  ["aVR", "aVL", "aVF"],
  ["V1", "V2", "V3"],
  ["V4", "V5", "V6"],
];
const RHYTHM = "II";
const ROW = 30;
const MARGIN = 5;

/** A drawing of a signal as the API keeps it: {rate, signal_mv: {lead: [mV or null]}}. */
export function drawing(signal) {
  const stretches = layout(signal);
  const rows = Math.max(...stretches.map(({ row }) => row)) + 1;
  const ends = stretches.map(({ at, samples }) => at + samples.length / signal.rate);
  const width = Math.ceil((Math.max(...ends) * SPEED) / 5) * 5 + 2 * MARGIN;
  const height = rows * ROW + 2 * MARGIN;
  return svg(
    "svg",
    {
      class: "ecg-paper",
      viewBox: `0 0 ${width} ${height}`,
      role: "group",
      "aria-label": t("signal.drawing"),
    },
    svg("defs", {}, grid("fine", 1), grid("coarse", 5)),
    ...["fine", "coarse"].map((name) =>
      svg("rect", { width, height, fill: `url(#${name})`, "aria-hidden": "true" }),
    ),
    stretches.map((stretch) => lead(stretch, signal.rate)),
  );
}

function grid(name, size) {
  return svg(
    "pattern",
    { id: name, width: size, height: size, patternUnits: "userSpaceOnUse" },
    svg("path", { class: `grid-${name}`, d: `M${size} 0H0V${size}` }),
  );
}

/** Which samples of which lead are drawn where: row, and seconds from the left. */
function layout(signal) {
  const leads = signal.signal_mv;
  if (!(RHYTHM in leads)) {
    return Object.entries(leads).map(([name, samples], row) => ({ name, row, at: 0, samples }));
  }
  const length = leads[RHYTHM].length;
  const quarter = Math.floor(length / COLUMNS.length);
  const short = COLUMNS.flatMap((names, column) =>
    names.map((name, row) => ({
      name,
      row,
      at: (column * quarter) / signal.rate,
      samples: shown(leads[name], column * quarter, quarter),
    })),
  );
  return [...short, { name: RHYTHM, row: COLUMNS[0].length, at: 0, samples: leads[RHYTHM] }];
}

/** A quarter of a lead: the one of its column, or the first that the page shows. */
function shown(samples, start, length) {
  const own = samples.slice(start, start + length);
  if (own.some((value) => value !== null)) return own;
  const first = Math.max(0, samples.findIndex((value) => value !== null));
  return samples.slice(first, first + length);
}

function lead({ name, row, at, samples }, rate) {
  const left = MARGIN + at * SPEED;
  const zero = MARGIN + row * ROW + ROW * 0.6;
  let pen = "M";
  const path = samples.map((value, index) => {
    if (value === null) {
      pen = "M";
      return "";
    }
    const [x, y] = [left + (index / rate) * SPEED, zero - value * GAIN];
    const step = `${pen}${x.toFixed(2)} ${y.toFixed(2)}`;
    pen = "L";
    return step;
  });
  return svg(
    "g",
    {},
    svg("path", { class: "lead-trace", d: path.join("") }),
    svg("text", { class: "lead-name", x: left + 1, y: MARGIN + row * ROW + 6 }, name),
  );
}
