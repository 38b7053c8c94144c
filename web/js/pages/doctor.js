// The doctor's list of analysed ECGs, newest first, with the status of their reviews.

import "/js/site.js";
import { find, h } from "/js/dom.js";
import { formatDate, t } from "/js/i18n.js";
import { paginatedList } from "/js/paginated-list.js";
import { requireSession } from "/js/session.js";

requireSession();

paginatedList(find("#reviews"), "/reviews?limit=20", reviewItem, t("doctor.empty"));

function reviewItem({ id, created_at, headline, feedback }) {
  return h(
    "li",
    { class: "entry" },
    h(
      "a",
      { href: `/review#${id}`, class: "entry-main" },
      h("span", { class: "entry-title" }, headline),
      h("time", { datetime: created_at }, formatDate(created_at)),
    ),
    h(
      "span",
      { class: feedback ? "badge reviewed" : "badge to-review" },
      t(feedback ? `feedback.verdicts.${feedback.verdict}` : "doctor.not_reviewed"),
    ),
  );
}
