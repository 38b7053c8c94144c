// A result as a person reads it: first what matters most.

import { conditionList } from "/js/conditions.js";
import { h } from "/js/dom.js";
import { measurementsTable } from "/js/measurements.js";
import { number, t } from "/js/texts.js";
import { pictureViews, viewsOf } from "/js/views.js";
import { quality } from "/js/words.js";

const EMERGENCY = "myocardial_infarction";

/**
 * @param result    what the API answered
 * @param heatmaps  ids of the conditions that have a heat-map
 * @param address   (view) => address of its picture, or a promise; null where there are no pictures
 */
export function resultView(result, heatmaps, address) {
  return h(
    "article",
    { class: "result", "aria-labelledby": "result-title" },
    result.findings.includes(EMERGENCY) && emergency(),
    headline(result),
    h(
      "div",
      { class: "result-columns" },
      address
        ? pictureViews(viewsOf(result, heatmaps), address)
        : h("p", { class: "notice" }, t("views.none")),
      part("conditions", conditionList(result.conditions)),
      part("measurements", measurementsTable(result.measurements)),
      part("quality", qualityFacts(result)),
      part("not_assessed", notAssessed(result)),
    ),
  );
}

function part(name, ...content) {
  const id = `${name}-title`;
  return h(
    "section",
    { class: `card ${name}`, "aria-labelledby": id },
    h("h2", { id }, t(`${name}.title`)),
    content,
  );
}

function emergency() {
  return h(
    "div",
    { class: "emergency", role: "alert" },
    h("p", { class: "emergency-title" }, t("emergency.title")),
    h("p", {}, t("emergency.text")),
  );
}

function headline(result) {
  const titles = Object.fromEntries(result.conditions.map(({ id, title }) => [id, title]));
  const unclear = result.findings.includes("uncertain");
  const tone = (id) => (id === "normal" ? "fine" : unclear ? "uncertain" : "present");
  return h(
    "header",
    { class: "headline" },
    h("h1", { id: "result-title" }, t("result.title")),
    h(
      "ul",
      { class: "findings" },
      result.findings.map((id) =>
        h("li", { class: tone(id) }, titles[id] ?? t("result.uncertain")),
      ),
    ),
    unclear && h("p", {}, t("result.uncertain_text")),
    result.reasons.length > 0 &&
      h("ul", { class: "reasons" }, result.reasons.map((reason) => h("li", {}, reason))),
    h("p", { class: "disclaimer" }, t("disclaimer")),
  );
}

function qualityFacts(result) {
  const { quality: read, scale } = result;
  const speed = number(scale.speed_mm_per_s);
  const gain = number(scale.gain_mm_per_mv);
  const facts = [
    ["quality.score", `${quality(read.score)} (${number(read.score * 100)} %)`],
    ["quality.layout", t(`layouts.${result.layout}`)],
    ["quality.speed", `${speed} mm/s, ${t(`sources.${scale.speed_source}`)}`],
    ["quality.gain", `${gain} mm/mV, ${t(`sources.${scale.gain_source}`)}`],
    ["quality.model", result.model_version],
  ];
  return h(
    "dl",
    { class: "facts" },
    facts.map(([key, value]) => h("div", {}, h("dt", {}, t(key)), h("dd", {}, value))),
  );
}

function because(reason, conditions) {
  const titles = conditions.filter((one) => one.reason === reason).map(({ title }) => title);
  return `${titles.join(", ")}: ${reason}`;
}

/** What this answer leaves open, of this picture and in general. */
function notAssessed(result) {
  const conditions = result.conditions.filter(({ status }) => status === "not_assessed");
  const reasons = [...new Set(conditions.map(({ reason }) => reason))];
  const numbers = Object.keys(result.measurements)
    .filter((id) => result.measurements[id] === null)
    .map((id) => t(`measurements.titles.${id}`));
  const ofThisPicture = [
    ...reasons.map((reason) => because(reason, conditions)),
    ...(numbers.length ? [t("not_assessed.numbers", { names: numbers.join(", ") })] : []),
    ...result.warnings.slice(0, -1), // the last says what every page says: no medical device
  ];
  const sentences = [...ofThisPicture, ...t("not_assessed.always")];
  return h("ul", {}, sentences.map((text) => h("li", {}, text)));
}
