// Calipers on the ECG chart: two lines for time and two for voltage, moved by pointer or keyboard.

import { h, svg } from "/js/dom.js";
import { GAIN_MM_PER_MV, SPEED_MM_PER_S } from "/js/ecg-chart.js";
import { formatNumber, t } from "/js/i18n.js";

// Millimetres per key press.
const KEY_STEPS = {
  ArrowRight: 1,
  ArrowUp: 1,
  ArrowLeft: -1,
  ArrowDown: -1,
  PageUp: 5,
  PageDown: -5,
};
const SHIFT_FACTOR = 0.1;
const HIT_WIDTH = 5; // mm
const HANDLE_RADIUS = 1.6; // mm

/** Add calipers to a chart; returns the element that shows the measured distances. */
export function calipers(chart) {
  const { width, height } = chart.viewBox.baseVal;
  const output = h("output", { class: "readout", "aria-live": "polite" });
  const lines = {
    time: [createLine("x", 0.3, 1), createLine("x", 0.36, 2)],
    voltage: [createLine("y", 0.3, 1), createLine("y", 0.36, 2)],
  };

  function createLine(axis, fraction, which) {
    const length = axis === "x" ? width : height;
    return new CaliperLine(chart, axis, Math.round(length * fraction), which, updateReadout);
  }

  function updateReadout() {
    const milliseconds = (distance(lines.time) / SPEED_MM_PER_S) * 1000;
    const millivolts = distance(lines.voltage) / GAIN_MM_PER_MV;
    const time = t("calipers.time", {
      time: formatNumber(milliseconds),
      rate: milliseconds > 0 ? formatNumber(60_000 / milliseconds) : "–",
    });
    const voltage = t("calipers.voltage", { voltage: formatNumber(millivolts, 2) });
    output.replaceChildren(h("span", {}, time), " · ", h("span", {}, voltage));
  }

  updateReadout();
  return output;
}

const distance = ([first, second]) => Math.abs(first.position - second.position);

/** One line; positions are millimetres from the left or upper edge. */
class CaliperLine {
  constructor(chart, axis, position, which, onMove) {
    this.chart = chart;
    this.axis = axis;
    this.onMove = () => {};
    const box = chart.viewBox.baseVal;
    this.max = axis === "x" ? box.width : box.height;
    const d = axis === "x" ? `M0 0V${box.height}` : `M0 0H${box.width}`;
    const center = axis === "x" ? "cy" : "cx";
    this.group = svg(
      "g",
      {
        class: `caliper caliper-${axis}`,
        tabindex: 0,
        role: "slider",
        "aria-orientation": axis === "x" ? "horizontal" : "vertical",
        "aria-label": t(`calipers.${axis}`, { which }),
        "aria-valuemin": 0,
        "aria-valuemax": this.max,
      },
      svg("path", { class: "caliper-hit-area", "stroke-width": HIT_WIDTH, d }),
      svg("path", { class: "caliper-line", d }),
      svg("circle", { class: "caliper-handle", r: HANDLE_RADIUS, [center]: 1.5 * HANDLE_RADIUS }),
    );
    this.group.addEventListener("keydown", (event) => this.#handleKey(event));
    this.group.addEventListener("pointerdown", ({ pointerId }) =>
      this.group.setPointerCapture(pointerId),
    );
    this.group.addEventListener("pointermove", (event) => this.#handleDrag(event));
    chart.append(this.group);
    this.moveTo(position);
    this.onMove = onMove;
  }

  /** Move to a position, at most to the edge of the paper. */
  moveTo(position) {
    this.position = Math.min(Math.max(position, 0), this.max);
    const [x, y] = this.axis === "x" ? [this.position, 0] : [0, this.position];
    this.group.setAttribute("transform", `translate(${x} ${y})`);
    this.group.setAttribute("aria-valuenow", this.position.toFixed(1));
    this.group.setAttribute("aria-valuetext", this.#valueText());
    this.onMove();
  }

  #valueText() {
    if (this.axis === "x") {
      return t("calipers.at_time", {
        time: formatNumber((this.position / SPEED_MM_PER_S) * 1000),
      });
    }
    const voltage = (this.max - this.position) / GAIN_MM_PER_MV;
    return t("calipers.at_voltage", { voltage: formatNumber(voltage, 2) });
  }

  #handleKey(event) {
    const step = KEY_STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const direction = this.axis === "y" ? -1 : 1; // y grows downwards
    this.moveTo(this.position + step * direction * (event.shiftKey ? SHIFT_FACTOR : 1));
  }

  #handleDrag(event) {
    if (!this.group.hasPointerCapture(event.pointerId)) return;
    const point = new DOMPoint(event.clientX, event.clientY);
    const { x, y } = point.matrixTransform(this.chart.getScreenCTM().inverse());
    this.moveTo(this.axis === "x" ? x : y);
  }
}
