// What was read before, newest first.

import "/js/site.js";
import { confirmed } from "/js/dialog.js";
import { find, h } from "/js/dom.js";
import { onClick } from "/js/forms.js";
import { pages } from "/js/lists.js";
import { remove } from "/js/predictions.js";
import { demandSession } from "/js/session.js";
import { date, t } from "/js/texts.js";
import { inShort } from "/js/words.js";

demandSession();

pages(find("#predictions"), "/predictions?limit=20", line, t("history.empty"));

function line(item) {
  const created = date(item.created_at);
  const end = h(
    "button",
    { type: "button", class: "quiet small" },
    t("history.delete"),
    h("span", { class: "hidden" }, ` ${created}`),
  );
  const node = h(
    "li",
    { class: "entry" },
    h(
      "a",
      { href: `/result#${item.id}`, class: "entry-main" },
      h("span", { class: "entry-title" }, summary(item)),
      h("time", { datetime: item.created_at }, created),
    ),
    end,
  );
  onClick(end, node, async () => {
    if (!(await confirmed(t("delete.title"), t("delete.text"), t("delete.action")))) return;
    await remove(item.id);
    node.remove();
    find("h1").focus();
  });
  return node;
}

function summary({ status, findings, refusal }) {
  if (status === "pending") return t("history.pending");
  if (status === "failed") return refusal.message;
  return inShort(findings);
}
