// A doctor's view of one ECG: the signal with calipers, the image, and the review form.

import "/js/site.js";
import { ApiError } from "/js/api.js";
import { calipers } from "/js/calipers.js";
import { conditionList } from "/js/conditions.js";
import { find, focus, h } from "/js/dom.js";
import { ecgChart } from "/js/ecg-chart.js";
import { feedbackForm, feedbackList, getFeedback } from "/js/feedback.js";
import { errorBox, successBox } from "/js/forms.js";
import { formatDate, t } from "/js/i18n.js";
import { imageViewer, imageViews } from "/js/image-viewer.js";
import { measurementsTable } from "/js/measurements.js";
import { getPrediction, getSignal, imageUrls } from "/js/predictions.js";
import { retakeBlock } from "/js/result.js";
import { requireSession } from "/js/session.js";

const container = find("#review");
const id = location.hash.slice(1);

requireSession();
addEventListener("hashchange", () => location.reload());

async function load() {
  try {
    const prediction = await getPrediction(id);
    if (prediction.status !== "done") {
      container.replaceChildren(errorBox(t("review.no_result")));
      return;
    }
    container.replaceChildren(...reviewView(prediction));
    await Promise.all([showSignal(), showFeedback(prediction.result)]);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    container.prepend(errorBox(error.message));
  }
}

function reviewView({ created_at, result, heatmaps }) {
  const machine = result.machine ?? result;
  return [
    h("p", { class: "subtitle" }, t("review.date", { date: formatDate(created_at) })),
    card(t("signal.title"), h("div", { id: "signal" })),
    h(
      "div",
      { class: "review-columns" },
      h(
        "div",
        {},
        imageViewer(imageViews(result, heatmaps), imageUrls(id)),
        !machine.retake &&
          card(t("measurements.title"), measurementsTable(result.measurement_rows)),
      ),
      h(
        "div",
        {},
        card(
          t("feedback.form"),
          h("div", { id: "feedback" }),
          feedbackForm(id, result, () => showSubmitted(result)),
        ),
        machine.retake
          ? retakeBlock(machine)
          : card(t("conditions.title"), conditionList(machine.conditions)),
      ),
    ),
  ];
}

function card(title, ...content) {
  return h("section", { class: "card" }, h("h2", {}, title), content);
}

async function showSignal() {
  const chart = ecgChart(await getSignal(id));
  const readout = calipers(chart);
  find("#signal").append(
    h("p", { class: "hint" }, t("calipers.hint")),
    h(
      "div",
      { class: "chart-scroll", tabindex: 0, role: "group", "aria-label": t("signal.title") },
      chart,
    ),
    h("p", { class: "chart-footer" }, readout, h("span", {}, t("signal.scale"))),
  );
}

async function showFeedback(result) {
  find("#feedback").replaceChildren(feedbackList(await getFeedback(id), result) ?? "");
}

async function showSubmitted(result) {
  await showFeedback(result);
  const box = successBox(t("feedback.thanks"));
  find("#feedback").prepend(box);
  focus(box);
}

load();
