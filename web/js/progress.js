// How far a picture is: first being sent, then being read.

import { h } from "/js/dom.js";
import { number, t } from "/js/texts.js";

/** A box with a bar; `sent` takes shares from 0 to 1, and at 1 the reading begins. */
export function progressBox() {
  const bar = h("progress", { max: 1, value: 0, "aria-labelledby": "progress-text" });
  const text = h("p", { id: "progress-text" }, t("progress.sending"));
  const figure = h("span", { class: "figure", "aria-hidden": "true" });
  const box = h(
    "div",
    { class: "progress", role: "status" },
    h("div", { class: "progress-line" }, text, figure),
    bar,
  );

  function sent(share) {
    if (share >= 1) return reading();
    bar.value = share;
    figure.textContent = `${number(share * 100)} %`;
  }

  function reading() {
    bar.removeAttribute("value");
    text.textContent = t("progress.reading");
    figure.textContent = "";
  }

  return { box, sent, reading };
}
