// Calipers over a drawing in millimetres: two lines for time, two for voltage, moved by pointer or
// by keyboard (an arrow moves a millimetre, with Shift a tenth, Page Up and Down five).

import { h, svg } from "/js/dom.js";
import { GAIN, SPEED } from "/js/signal.js";
import { number, t } from "/js/texts.js";

const STEPS = {
  ArrowRight: 1,
  ArrowUp: 1,
  ArrowLeft: -1,
  ArrowDown: -1,
  PageUp: 5,
  PageDown: -5,
};
const FINE = 0.1;
const GRIP = 5; // mm that a finger or a mouse catches
const KNOB = 1.6;

/** Add calipers to a drawing; returns what they read, in words. */
export function calipers(drawing) {
  const { width, height } = drawing.viewBox.baseVal;
  const output = h("output", { class: "readout", "aria-live": "polite" });
  const lines = {
    time: [line("x", 0.3, 1), line("x", 0.36, 2)],
    voltage: [line("y", 0.3, 1), line("y", 0.36, 2)],
  };

  function line(axis, share, which) {
    const long = axis === "x" ? width : height;
    return new Line(drawing, axis, Math.round(long * share), which, read);
  }

  function read() {
    const milliseconds = (gap(lines.time) / SPEED) * 1000;
    const millivolts = gap(lines.voltage) / GAIN;
    output.textContent = t("calipers.reading", {
      time: number(milliseconds),
      rate: milliseconds > 0 ? number(60_000 / milliseconds) : "–",
      voltage: number(millivolts, 2),
    });
  }

  read();
  return output;
}

const gap = ([first, second]) => Math.abs(first.at - second.at);

class Line {
  constructor(drawing, axis, at, which, moved) {
    this.drawing = drawing;
    this.axis = axis;
    this.moved = () => {};
    const box = drawing.viewBox.baseVal;
    this.most = axis === "x" ? box.width : box.height;
    const d = axis === "x" ? `M0 0V${box.height}` : `M0 0H${box.width}`;
    this.group = svg(
      "g",
      {
        class: `caliper caliper-${axis}`,
        tabindex: 0,
        role: "slider",
        "aria-orientation": axis === "x" ? "horizontal" : "vertical",
        "aria-label": t(`calipers.${axis}`, { which }),
        "aria-valuemin": 0,
        "aria-valuemax": this.most,
      },
      svg("path", { class: "caliper-grip", "stroke-width": GRIP, d }),
      svg("path", { class: "caliper-line", d }),
      svg("circle", { class: "caliper-knob", r: KNOB, [axis === "x" ? "cy" : "cx"]: 1.5 * KNOB }),
    );
    this.group.addEventListener("keydown", (event) => this.#key(event));
    this.group.addEventListener("pointerdown", ({ pointerId }) =>
      this.group.setPointerCapture(pointerId),
    );
    this.group.addEventListener("pointermove", (event) => this.#drag(event));
    drawing.append(this.group);
    this.move(at);
    this.moved = moved;
  }

  /** Go to a place in millimetres; the paper's edges hold. */
  move(at) {
    this.at = Math.min(Math.max(at, 0), this.most);
    const [x, y] = this.axis === "x" ? [this.at, 0] : [0, this.at];
    this.group.setAttribute("transform", `translate(${x} ${y})`);
    this.group.setAttribute("aria-valuenow", this.at.toFixed(1));
    this.group.setAttribute("aria-valuetext", this.#words());
    this.moved();
  }

  #words() {
    return this.axis === "x"
      ? t("calipers.at_time", { time: number((this.at / SPEED) * 1000) })
      : t("calipers.at_voltage", { voltage: number((this.most - this.at) / GAIN, 2) });
  }

  #key(event) {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const upwards = this.axis === "y" ? -1 : 1; // y grows downwards
    this.move(this.at + step * upwards * (event.shiftKey ? FINE : 1));
  }

  #drag(event) {
    if (!this.group.hasPointerCapture(event.pointerId)) return;
    const place = new DOMPoint(event.clientX, event.clientY);
    const { x, y } = place.matrixTransform(this.drawing.getScreenCTM().inverse());
    this.move(this.axis === "x" ? x : y);
  }
}
