// A kept prediction: its progress, its result, its report, what doctors said, and its end.

import "/js/site.js";
import { confirmed } from "/js/dialog.js";
import { find, focus, h } from "/js/dom.js";
import { alertBox, onClick } from "/js/forms.js";
import { feedbackList, feedbackOf } from "/js/feedback.js";
import { finished, pictureAddresses, remove } from "/js/predictions.js";
import { progressBox } from "/js/progress.js";
import { reportPart } from "/js/report.js";
import { resultView } from "/js/result.js";
import { demandSession } from "/js/session.js";
import { t } from "/js/texts.js";

const place = find("#result");
const id = location.hash.slice(1);

demandSession();
addEventListener("hashchange", () => location.reload());

function leading(title, ...content) {
  place.replaceChildren(h("div", { class: "narrow" }, h("h1", {}, title), content));
}

const away = h("p", {}, h("a", { href: "/", class: "button" }, t("result.another")));

async function start() {
  const { box, reading } = progressBox();
  reading();
  leading(t("result.waiting"), box);
  try {
    const found = await finished(id);
    if (found.status === "done") await done(found);
    else if (found.status === "failed") refused(found.refusal);
    else leading(t("result.waiting"), h("p", { role: "status" }, t("result.later")), away);
  } catch (refusal) {
    if (refusal.code === undefined) throw refusal;
    leading(t("result.missing"), alertBox(refusal.message), away);
  }
}

const refused = ({ message }) => leading(t("result.refused"), alertBox(message), away);

async function done(found) {
  const said = feedbackList(await feedbackOf(id), found.result);
  const end = h("button", { type: "button", class: "danger" }, t("result.delete"));
  place.replaceChildren(
    resultView(found.result, found.heatmaps, pictureAddresses(id)),
    h(
      "div",
      { class: "two-cards" },
      said && h("section", { class: "card" }, h("h2", {}, t("feedback.title")), said),
      reportPart(id),
    ),
    h(
      "div",
      { class: "actions no-print" },
      h("button", { type: "button", class: "quiet", onclick: () => print() }, t("result.print")),
      end,
    ),
  );
  onClick(end, end.parentNode, async () => {
    if (!(await confirmed(t("delete.title"), t("delete.text"), t("delete.action")))) return;
    await remove(id);
    location.assign("/history");
  });
  focus(find("h1", place));
}

start();
