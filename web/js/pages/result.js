// A stored prediction: progress, result, report, doctors' reviews, and deletion.

import "/js/site.js";
import { ApiError } from "/js/api.js";
import { auditSection } from "/js/audit.js";
import { confirmDialog } from "/js/dialog.js";
import { find, focus, h } from "/js/dom.js";
import { feedbackList, getFeedback } from "/js/feedback.js";
import { errorBox, onClick, successBox } from "/js/forms.js";
import { formatDate, t } from "/js/i18n.js";
import {
  deletePrediction,
  imageUrls,
  waitForPrediction,
  withdrawConsent,
} from "/js/predictions.js";
import { progressIndicator } from "/js/progress.js";
import { reportSection } from "/js/report.js";
import { resultView } from "/js/result.js";
import { requireSession } from "/js/session.js";

const container = find("#result");
const id = location.hash.slice(1);
const analyseAnother = h("p", {}, h("a", { href: "/", class: "button" }, t("result.another")));

requireSession();
addEventListener("hashchange", () => location.reload());

async function load() {
  const { element, setAnalysing } = progressIndicator();
  setAnalysing();
  showMessage(t("result.waiting"), element);
  try {
    const prediction = await waitForPrediction(id);
    if (prediction.status === "done") {
      await showResult(prediction);
    } else if (prediction.status === "failed") {
      const { message } = prediction.refusal;
      showMessage(t("result.failed"), errorBox(message), analyseAnother);
    } else {
      const later = h("p", { role: "status" }, t("result.later"));
      showMessage(t("result.waiting"), later, analyseAnother);
    }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    showMessage(t("result.missing"), errorBox(error.message), analyseAnother);
  }
}

function showMessage(title, ...content) {
  container.replaceChildren(h("div", { class: "narrow" }, h("h1", {}, title), content));
}

async function showResult({ result, heatmaps, keep_for_training, training_consent }) {
  const feedback = feedbackList(await getFeedback(id), result);
  container.replaceChildren(
    resultView(result, heatmaps, imageUrls(id)),
    h(
      "div",
      { class: "card-grid" },
      feedback && h("section", { class: "card" }, h("h2", {}, t("feedback.title")), feedback),
      reportSection(id),
      auditSection(id),
      keep_for_training && consentSection(training_consent),
    ),
    actions(),
  );
  focus(find("h1", container));
}

function consentSection({ given_at }) {
  const button = h("button", { type: "button", class: "secondary" }, t("consent.withdraw"));
  const section = h(
    "section",
    { class: "card no-print" },
    h("h2", {}, t("consent.title")),
    h("p", {}, t("consent.text", { date: formatDate(given_at) })),
    button,
  );
  onClick(button, section, async () => {
    await withdrawConsent(id);
    section.replaceChildren(h("h2", {}, t("consent.title")), successBox(t("consent.withdrawn")));
  });
  return section;
}

function actions() {
  const deleteButton = h("button", { type: "button", class: "danger" }, t("result.delete"));
  const element = h(
    "div",
    { class: "actions no-print" },
    h("button", { type: "button", class: "secondary", onclick: () => print() }, t("result.print")),
    deleteButton,
  );
  onClick(deleteButton, element, async () => {
    if (!(await confirmDialog(t("delete.title"), t("delete.text"), t("delete.action")))) return;
    await deletePrediction(id);
    location.assign("/history");
  });
  return element;
}

load();
