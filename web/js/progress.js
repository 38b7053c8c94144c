// The progress of an upload and of the analysis that follows.

import { h } from "/js/dom.js";
import { formatPercent } from "/js/formatting.js";
import { t } from "/js/i18n.js";

/**
 * A progress bar and the functions that update it: `setUploaded` takes a fraction from 0 to 1, and
 * `setAnalysing` shows that the upload is complete.
 */
export function progressIndicator() {
  const bar = h("progress", { max: 1, value: 0, "aria-labelledby": "progress-text" });
  const text = h("p", { id: "progress-text" }, t("progress.uploading"));
  const percentage = h("span", { class: "percentage", "aria-hidden": "true" });
  const element = h(
    "div",
    { class: "progress", role: "status" },
    h("div", { class: "progress-line" }, text, percentage),
    bar,
  );

  function setUploaded(fraction) {
    if (fraction >= 1) return setAnalysing();
    bar.value = fraction;
    percentage.textContent = formatPercent(fraction);
  }

  function setAnalysing() {
    bar.removeAttribute("value");
    text.textContent = t("progress.analysing");
    percentage.textContent = "";
  }

  return { element, setUploaded, setAnalysing };
}
