// A doctor's view of one ECG: the signal under calipers, the picture, and the judgement.

import "/js/site.js";
import { calipers } from "/js/calipers.js";
import { conditionList } from "/js/conditions.js";
import { find, focus, h } from "/js/dom.js";
import { alertBox, doneBox } from "/js/forms.js";
import { feedbackForm, feedbackList, feedbackOf } from "/js/feedback.js";
import { measurementsTable } from "/js/measurements.js";
import { pictureAddresses, prediction, signal } from "/js/predictions.js";
import { demandSession } from "/js/session.js";
import { drawing } from "/js/signal.js";
import { date, t } from "/js/texts.js";
import { pictureViews, viewsOf } from "/js/views.js";

const place = find("#review");
const id = location.hash.slice(1);

demandSession();
addEventListener("hashchange", () => location.reload());

function card(title, ...content) {
  return h("section", { class: "card" }, h("h2", {}, title), content);
}

async function start() {
  try {
    const found = await prediction(id);
    if (found.status !== "done") {
      place.replaceChildren(alertBox(t("review.not_done")));
      return;
    }
    place.replaceChildren(...view(found));
    await Promise.all([drawSignal(), listFeedback(found.result)]);
  } catch (refusal) {
    if (refusal.code === undefined) throw refusal;
    place.prepend(alertBox(refusal.message));
  }
}

function view({ created_at, result, heatmaps }) {
  return [
    h("p", { class: "lead" }, t("review.read", { date: date(created_at) })),
    card(t("signal.title"), h("div", { id: "signal" })),
    h(
      "div",
      { class: "review-columns" },
      h(
        "div",
        {},
        pictureViews(viewsOf(result, heatmaps), pictureAddresses(id)),
        card(t("measurements.title"), measurementsTable(result.measurements)),
      ),
      h(
        "div",
        {},
        card(t("feedback.form"), h("div", { id: "said" }), feedbackForm(id, result, said)),
        card(t("conditions.title"), conditionList(result.conditions)),
      ),
    ),
  ];

  async function said() {
    await listFeedback(result);
    const box = doneBox(t("feedback.thanks"));
    find("#said").prepend(box);
    focus(box);
  }
}

async function drawSignal() {
  const paper = drawing(await signal(id));
  const reading = calipers(paper);
  find("#signal").append(
    h("p", { class: "hint" }, t("calipers.hint")),
    h(
      "div",
      { class: "paper-scroll", tabindex: 0, role: "group", "aria-label": t("signal.title") },
      paper,
    ),
    h("p", { class: "paper-foot" }, reading, h("span", {}, t("signal.scale"))),
  );
}

async function listFeedback(result) {
  find("#said").replaceChildren(feedbackList(await feedbackOf(id), result) ?? "");
}

start();
