// A result, with the most important information first.

import { conditionList } from "/js/conditions.js";
import { h } from "/js/dom.js";
import { formatPercent, qualityLabel } from "/js/formatting.js";
import { formatDate, formatNumber, t } from "/js/i18n.js";
import { imageViewer, imageViews } from "/js/image-viewer.js";
import { measurementsTable } from "/js/measurements.js";

/**
 * @param result    the result as the API returns it
 * @param heatmaps  ids of the conditions that have a heat map
 * @param getUrl    (view id) => the image's URL, or a promise of it; null without images
 */
export function resultView(result, heatmaps, getUrl) {
  const machine = result.machine ?? result;
  const viewer = getUrl
    ? imageViewer(imageViews(result, heatmaps), getUrl)
    : h("p", { class: "notice" }, t("views.none"));
  return h(
    "article",
    { class: "result", "aria-labelledby": "result-title" },
    result.urgency === "emergency" && emergencyAlert(result.what_to_do),
    result.retake ? retake(result) : summary(result),
    result.retake
      ? viewer
      : h(
          "div",
          { class: "result-columns" },
          viewer,
          section("conditions", answers(result)),
          !machine.retake && section("measurements", measurementsTable(result.measurement_rows)),
          section("quality", qualityDetails(result)),
          section("limitations", limitations(result)),
        ),
  );
}

function section(name, content) {
  const id = `${name}-title`;
  return h(
    "section",
    { class: `card ${name}`, "aria-labelledby": id },
    h("h2", { id }, t(`${name}.title`)),
    content,
  );
}

function emergencyAlert({ title, text }) {
  return h(
    "div",
    { class: "emergency", role: "alert" },
    h("p", { class: "emergency-title" }, title),
    h("p", {}, text),
  );
}

/** What stands in place of a result of which nothing could be assessed: why, and what to do. */
function retake(result) {
  return h(
    "header",
    { class: "headline" },
    h("h1", { id: "result-title" }, t("result.title")),
    retakeBlock(result),
    h("p", { class: "disclaimer" }, t("disclaimer")),
  );
}

export function retakeBlock({ what_to_do, reasons }) {
  return h(
    "div",
    { class: "retake" },
    h("p", { class: "retake-title" }, what_to_do.title),
    reasons.map((reason) => h("p", { class: "retake-reason" }, reason)),
    h("p", {}, what_to_do.text),
  );
}

function whatToDo({ title, text }) {
  return h("p", { class: "urgency" }, h("strong", {}, title), ` ${text}`);
}

function summary(result) {
  const titles = Object.fromEntries(result.conditions.map(({ id, title }) => [id, title]));
  const uncertain = result.findings.includes("uncertain");
  const [first] = result.findings;
  return h(
    "header",
    { class: "headline" },
    h("h1", { id: "result-title" }, t("result.title")),
    h(
      "p",
      { class: `findings ${["normal", "uncertain"].includes(first) ? first : "likely"}` },
      result.headline,
    ),
    result.review && reviewNote(result.review),
    result.reasons.length > 0 &&
      h(
        "ul",
        { class: "reasons" },
        result.reasons.map((reason) => h("li", {}, reason)),
      ),
    result.advice && h("p", { class: "advice" }, result.advice.text),
    result.beats && h("p", { class: "beats" }, result.beats.summary),
    result.statements?.length > 0 && statementList(result.statements),
    !uncertain &&
      result.possible.length > 0 &&
      h(
        "p",
        { class: "possible" },
        t("result.possible", { titles: result.possible.map((id) => titles[id]).join("; ") }),
      ),
    result.urgency !== "emergency" && whatToDo(result.what_to_do),
    h("p", { class: "disclaimer" }, t("disclaimer")),
  );
}

/** What else can be said, with the measurements that it rests on. */
function statementList(statements) {
  return h(
    "ul",
    { class: "statements" },
    statements.map(({ title, evidence }) => {
      const shown = evidence.map(({ name, value, leads }) =>
        [name, ...(leads.length ? [`(${leads.join(", ")})`] : []), value].join(" "),
      );
      return h("li", {}, h("strong", {}, title), shown.length > 0 && `: ${shown.join("; ")}`);
    }),
  );
}

function reviewNote({ verdict, reviewed_at, comment }) {
  return h(
    "div",
    { class: "review-note" },
    h("p", {}, t(`review_note.${verdict}`, { date: formatDate(reviewed_at) })),
    comment && h("blockquote", {}, comment),
  );
}

/** The classifier's answer; below what a doctor sees, where there is a review. */
function answers({ conditions, review, machine }) {
  if (!machine) return conditionList(conditions);
  return [
    conditionList(conditions.filter(({ status }) => status === "likely")),
    h("h3", {}, t("review_note.before")),
    earlierAnswer(machine, review.verdict === "corrected" ? "del" : "div"),
  ];
}

/** What the classifier said; within `del`, which is struck through, it was wrong. */
function earlierAnswer({ headline, conditions, retake: nothing }, tag) {
  return h(
    tag,
    { class: "earlier-answer" },
    h("p", {}, h("strong", {}, headline)),
    !nothing &&
      h(
        "ul",
        {},
        conditions.map(({ title, status_label }) => h("li", {}, `${title}: ${status_label}`)),
      ),
  );
}

function qualityDetails({ quality, quality_label, layout, scale, model_version }) {
  const speed = formatNumber(scale.speed_mm_per_s);
  const gain = formatNumber(scale.gain_mm_per_mv);
  const details = [
    ["quality.score", `${qualityLabel(quality_label)} (${formatPercent(quality.score)})`],
    ["quality.layout", t(`layouts.${layout}`)],
    ["quality.speed", `${speed} mm/s (${t(`scale_sources.${scale.speed_source}`)})`],
    ["quality.gain", `${gain} mm/mV (${t(`scale_sources.${scale.gain_source}`)})`],
    ["quality.model", model_version],
  ];
  return h(
    "dl",
    { class: "description-list" },
    details.map(([key, value]) => h("div", {}, h("dt", {}, t(key)), h("dd", {}, value))),
  );
}

/** What could not be assessed on this image, and what HeartSense never assesses. */
function limitations(result) {
  const missing = result.measurement_rows
    .filter(({ value }) => value === "")
    .map(({ title }) => title);
  const sentences = [
    ...conditionsNotAssessed(result.conditions),
    ...(missing.length ? [t("limitations.missing", { names: missing.join(", ") })] : []),
    ...result.warnings.slice(0, -1), // the last one is the disclaimer, which every page shows
    ...result.limitations,
  ];
  return h(
    "ul",
    {},
    sentences.map((text) => h("li", {}, text)),
  );
}

/** One entry per reason, with the titles of the conditions that share it. */
function conditionsNotAssessed(conditions) {
  const skipped = conditions.filter(({ status }) => status === "not_assessed");
  const reasons = [...new Set(skipped.map(({ reason }) => reason))];
  return reasons.map((reason) => {
    const affected = skipped.filter((condition) => condition.reason === reason);
    const titles = affected.map(({ title }) => title).join("; ");
    return t("limitations.not_assessed", { titles, reason });
  });
}
