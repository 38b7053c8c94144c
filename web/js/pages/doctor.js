// A doctor's list: everything that was read, newest first, and whether somebody looked at it.

import "/js/site.js";
import { find, h } from "/js/dom.js";
import { pages } from "/js/lists.js";
import { demandSession } from "/js/session.js";
import { date, t } from "/js/texts.js";
import { inShort } from "/js/words.js";

demandSession();

pages(find("#reviews"), "/reviews?limit=20", line, t("doctor.empty"));

function line({ id, created_at, findings, feedback }) {
  return h(
    "li",
    { class: "entry" },
    h(
      "a",
      { href: `/review#${id}`, class: "entry-main" },
      h("span", { class: "entry-title" }, inShort(findings)),
      h("time", { datetime: created_at }, date(created_at)),
    ),
    h(
      "span",
      { class: feedback ? "badge done" : "badge open" },
      t(feedback ? `feedback.said.${feedback.verdict}` : "doctor.open"),
    ),
  );
}
