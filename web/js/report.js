// The report by mail: sending it, and what became of those that were sent.

import { h } from "/js/dom.js";
import { onClick, onSubmit } from "/js/forms.js";
import { asked } from "/js/session.js";
import { date, t } from "/js/texts.js";

const UNDER_WAY = ["pending", "sending"];
const POLL = 1500;
const POLLS = 20;

export function reportPart(predictionId) {
  const list = h("ul", { class: "reports", "aria-live": "polite" });
  const form = reportForm();
  const path = `/reports?prediction_id=${encodeURIComponent(predictionId)}`;

  async function refresh() {
    const { items } = await asked("GET", path);
    list.replaceChildren(...items.map((report) => reportLine(report, again)));
    return items.some(({ status }) => UNDER_WAY.includes(status));
  }

  async function follow() {
    for (let count = 0; (await refresh()) && count < POLLS; count += 1) {
      await new Promise((resolve) => setTimeout(resolve, POLL));
    }
  }

  async function again(report) {
    await asked("POST", `/reports/${encodeURIComponent(report.id)}/resend`);
    await follow();
  }

  onSubmit(form, async ({ email }) => {
    await asked("POST", "/send-report", {
      json: { prediction_id: predictionId, ...(email ? { email } : {}) },
    });
    form.reset();
    await follow();
  });
  follow();
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

function reportLine(report, again) {
  const resend = h("button", { type: "button", class: "quiet small" }, t("report.resend"));
  const line = h(
    "li",
    { class: `report-${report.status}`, "data-status": report.status },
    h(
      "p",
      {},
      h("strong", {}, t(`report.status.${report.status}`)),
      ` ${t("report.line", { to: report.to, date: date(report.created_at) })}`,
    ),
    report.reason && h("p", { class: "hint" }, report.reason),
    report.status === "unconfirmed" && resend,
  );
  onClick(resend, line, () => again(report));
  return line;
}
