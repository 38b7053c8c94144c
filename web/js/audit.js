// Who else has seen, reviewed or exported one's data.

import { ApiError } from "/js/api.js";
import { h } from "/js/dom.js";
import { errorBox } from "/js/forms.js";
import { formatDate, t } from "/js/i18n.js";
import { authorizedRequest } from "/js/session.js";

/** A card that loads its list: of one prediction, or of all without an id. */
export function auditSection(predictionId = null) {
  const content = h("div", {});
  loadAudit(predictionId, content);
  return h(
    "section",
    { class: "card no-print" },
    h("h2", {}, t("audit.title")),
    h("p", { class: "hint" }, t("audit.text")),
    content,
  );
}

async function loadAudit(predictionId, content) {
  const query = predictionId ? `?prediction_id=${encodeURIComponent(predictionId)}` : "";
  try {
    const { items } = await authorizedRequest("GET", `/me/audit${query}`);
    content.replaceChildren(items.length ? auditList(items) : h("p", {}, t("audit.nobody")));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    content.replaceChildren(errorBox(error.message));
  }
}

const auditList = (items) =>
  h(
    "details",
    {},
    h("summary", {}, t("audit.count", { count: items.length })),
    h("ul", {}, items.map(auditItem)),
  );

function auditItem({ at, action, role, by }) {
  const who = t("audit.who", { role: t(`audit.roles.${role}`), by });
  return h(
    "li",
    {},
    h("time", { datetime: at }, formatDate(at)),
    `: ${who} ${t(`audit.actions.${action}`)}`,
  );
}
