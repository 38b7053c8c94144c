// The user's stored ECGs, newest first.

import "/js/site.js";
import { confirmDialog } from "/js/dialog.js";
import { find, h } from "/js/dom.js";
import { onClick } from "/js/forms.js";
import { formatDate, t } from "/js/i18n.js";
import { paginatedList } from "/js/paginated-list.js";
import { deletePrediction } from "/js/predictions.js";
import { requireSession } from "/js/session.js";

requireSession();

paginatedList(find("#predictions"), "/predictions?limit=20", historyItem, t("history.empty"));

function historyItem(prediction) {
  const created = formatDate(prediction.created_at);
  const deleteButton = h(
    "button",
    { type: "button", class: "secondary small" },
    t("history.delete"),
    h("span", { class: "visually-hidden" }, ` ${created}`),
  );
  const item = h(
    "li",
    { class: "entry" },
    h(
      "a",
      { href: `/result#${prediction.id}`, class: "entry-main" },
      h("span", { class: "entry-title" }, summary(prediction)),
      prediction.verdict && h("span", {}, t(`history.verdicts.${prediction.verdict}`)),
      prediction.what_to_do && h("span", { class: "entry-urgency" }, prediction.what_to_do),
      h("time", { datetime: prediction.created_at }, created),
    ),
    deleteButton,
  );
  onClick(deleteButton, item, async () => {
    if (!(await confirmDialog(t("delete.title"), t("delete.text"), t("delete.action")))) return;
    await deletePrediction(prediction.id);
    item.remove();
    find("h1").focus();
  });
  return item;
}

function summary({ status, headline, refusal }) {
  if (status === "pending") return t("history.pending");
  if (status === "failed") return refusal.message;
  return headline;
}
