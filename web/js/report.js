// Sending the report by e-mail, and the delivery status of earlier ones.

import { h } from "/js/dom.js";
import { onClick, onSubmit } from "/js/forms.js";
import { formatDate, t } from "/js/i18n.js";
import { authorizedRequest } from "/js/session.js";

const IN_PROGRESS = ["pending", "sending"];
const POLL_MS = 1500;
const MAX_POLLS = 20;

export function reportSection(predictionId) {
  const list = h("ul", { class: "reports", "aria-live": "polite" });
  const form = reportForm();
  const path = `/reports?prediction_id=${encodeURIComponent(predictionId)}`;

  async function refresh() {
    const { items } = await authorizedRequest("GET", path);
    list.replaceChildren(...items.map((report) => reportItem(report, resend)));
    return items.some(({ status }) => IN_PROGRESS.includes(status));
  }

  async function poll() {
    for (let count = 0; (await refresh()) && count < MAX_POLLS; count += 1) {
      await new Promise((resolve) => {
        setTimeout(resolve, POLL_MS);
      });
    }
  }

  async function resend(report) {
    await authorizedRequest("POST", `/reports/${encodeURIComponent(report.id)}/resend`);
    await poll();
  }

  onSubmit(form, async ({ email }) => {
    await authorizedRequest("POST", "/send-report", {
      json: { prediction_id: predictionId, ...(email ? { email } : {}) },
    });
    form.reset();
    await poll();
  });
  poll();
  return h(
    "section",
    { class: "card report no-print", "aria-labelledby": "report-title" },
    h("h2", { id: "report-title" }, t("report.title")),
    h("p", {}, t("report.text")),
    form,
    list,
  );
}

function reportForm() {
  return h(
    "form",
    { class: "inline-form" },
    h(
      "label",
      { class: "field" },
      h("span", {}, t("report.email")),
      h("input", {
        name: "email",
        type: "email",
        autocomplete: "off",
        maxlength: 254,
        "aria-describedby": "report-hint",
      }),
    ),
    h("button", { type: "submit" }, t("report.send")),
    h("p", { class: "hint", id: "report-hint" }, t("report.hint")),
  );
}

function reportItem(report, resend) {
  const button = h("button", { type: "button", class: "secondary small" }, t("report.resend"));
  const item = h(
    "li",
    { class: `report-${report.status}`, "data-status": report.status },
    h(
      "p",
      {},
      h("strong", {}, t(`report.status.${report.status}`)),
      ` ${t("report.line", { to: report.to, date: formatDate(report.created_at) })}`,
    ),
    report.reason && h("p", { class: "hint" }, report.reason),
    report.status === "unconfirmed" && button,
  );
  onClick(button, item, () => resend(report));
  return item;
}
