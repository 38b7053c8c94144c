// Doctors' reviews of a result: loading, listing and submitting them.

import { h } from "/js/dom.js";
import { onSubmit } from "/js/forms.js";
import { formatDate, t } from "/js/i18n.js";
import { authorizedRequest } from "/js/session.js";

const VERDICTS = ["confirmed", "corrected"];

const path = (id) => `/predictions/${encodeURIComponent(id)}/feedback`;

export const getFeedback = async (id) => (await authorizedRequest("GET", path(id))).items;

/** The reviews of a result, newest first; null if there are none. */
export function feedbackList(items, result) {
  if (items.length === 0) return null;
  const titles = Object.fromEntries(result.conditions.map(({ id, title }) => [id, title]));
  return h(
    "ul",
    { class: "feedback-list" },
    items.map((item) => feedbackItem(item, titles)),
  );
}

function feedbackItem({ verdict, reviewed_at, conditions, comment }, titles) {
  const corrected = conditions?.map((id) => titles[id]).join(", ");
  return h(
    "li",
    {},
    h("p", {}, h("strong", {}, t(`feedback.verdicts.${verdict}`)), ` ${formatDate(reviewed_at)}`),
    verdict === "corrected" && h("p", {}, corrected || t("feedback.none_of_them")),
    comment && h("blockquote", {}, comment),
  );
}

/** The form for a doctor's review; `onSubmitted` is called once the API has accepted it. */
export function feedbackForm(id, result, onSubmitted) {
  const conditions = conditionChoices(result);
  const form = h(
    "form",
    {},
    verdictChoices((verdict) => {
      conditions.hidden = verdict !== "corrected";
    }),
    conditions,
    h(
      "label",
      { class: "field" },
      h("span", {}, t("feedback.comment")),
      h("textarea", { name: "comment", rows: 3, maxlength: 2000 }),
    ),
    h("button", { type: "submit" }, t("feedback.submit")),
  );
  onSubmit(form, async ({ verdict, comment }) => {
    const corrected = new FormData(form).getAll("condition");
    await authorizedRequest("POST", path(id), {
      json: {
        verdict,
        ...(verdict === "corrected" ? { conditions: corrected } : {}),
        ...(comment ? { comment } : {}),
      },
    });
    onSubmitted();
  });
  return form;
}

function verdictChoices(onChange) {
  return h(
    "fieldset",
    {},
    h("legend", {}, t("feedback.question")),
    VERDICTS.map((verdict) =>
      h(
        "label",
        { class: "option" },
        h("input", {
          type: "radio",
          name: "verdict",
          value: verdict,
          required: true,
          onchange: () => onChange(verdict),
        }),
        t(`feedback.options.${verdict}`),
      ),
    ),
  );
}

function conditionChoices({ conditions, findings }) {
  return h(
    "fieldset",
    { hidden: true },
    h("legend", {}, t("feedback.conditions")),
    conditions.map(({ id, title }) =>
      h(
        "label",
        { class: "option" },
        h("input", {
          type: "checkbox",
          name: "condition",
          value: id,
          checked: findings.includes(id),
        }),
        title,
      ),
    ),
  );
}
