// What was read before, newest first.

import "/js/site.js";
import { confirmed } from "/js/dialog.js";
import { find, h } from "/js/dom.js";
import { alertBox } from "/js/forms.js";
import { pages } from "/js/lists.js";
import { remove } from "/js/predictions.js";
import { demandSession } from "/js/session.js";
import { date, t } from "/js/texts.js";

demandSession();

pages(find("#predictions"), "/predictions?limit=20", line, t("history.empty"));

function line(item) {
  const node = h(
    "li",
    { class: "entry" },
    h(
      "a",
      { href: `/result#${item.id}`, class: "entry-main" },
      h("span", { class: "entry-title" }, summary(item)),
      h("time", { datetime: item.created_at }, date(item.created_at)),
    ),
    h("button", { type: "button", class: "quiet small", onclick: end }, t("history.delete"), h("span", { class: "hidden" }, ` ${date(item.created_at)}`)),
  );

  async function end() {
    if (!(await confirmed(t("delete.title"), t("delete.text"), t("delete.action")))) return;
    try {
      await remove(item.id);
      node.remove();
      find("h1").focus();
    } catch (refusal) {
      if (refusal.code === undefined) throw refusal;
      node.append(alertBox(refusal.message));
    }
  }

  return node;
}

function summary({ status, findings, refusal }) {
  if (status === "pending") return t("history.pending");
  if (status === "failed") return refusal.message;
  return findings.map((id) => t(`conditions.short.${id}`)).join(", ");
}
