// What doctors said of a result: reading it, and saying it.

import { h } from "/js/dom.js";
import { onSubmit } from "/js/forms.js";
import { asked } from "/js/session.js";
import { date, t } from "/js/texts.js";

const path = (id) => `/predictions/${encodeURIComponent(id)}/feedback`;

export const feedbackOf = async (id) => (await asked("GET", path(id))).items;

/** What was said, newest first; null where nothing was. */
export function feedbackList(items, result) {
  if (items.length === 0) return null;
  const titles = Object.fromEntries(result.conditions.map(({ id, title }) => [id, title]));
  return h(
    "ul",
    { class: "feedback-list" },
    items.map((item) =>
      h(
        "li",
        {},
        h(
          "p",
          {},
          h("strong", {}, t(`feedback.said.${item.verdict}`)),
          ` ${date(item.reviewed_at)}`,
        ),
        item.verdict === "corrected" &&
          h("p", {}, item.conditions.map((id) => titles[id]).join(", ") || t("feedback.nothing")),
        item.comment && h("blockquote", {}, item.comment),
      ),
    ),
  );
}

/** A form for a doctor's judgement; `said` is called when it has been taken. */
export function feedbackForm(id, result, said) {
  const boxes = h(
    "fieldset",
    { class: "choices", hidden: true },
    h("legend", {}, t("feedback.conditions")),
    result.conditions.map((condition) =>
      h(
        "label",
        { class: "choice" },
        h("input", {
          type: "checkbox",
          name: "condition",
          value: condition.id,
          checked: result.findings.includes(condition.id),
        }),
        condition.title,
      ),
    ),
  );
  const form = h(
    "form",
    {},
    h(
      "fieldset",
      { class: "choices" },
      h("legend", {}, t("feedback.verdict")),
      ["confirmed", "corrected"].map((verdict) =>
        h(
          "label",
          { class: "choice" },
          h("input", {
            type: "radio",
            name: "verdict",
            value: verdict,
            required: true,
            onchange: () => {
              boxes.hidden = verdict !== "corrected";
            },
          }),
          t(`feedback.${verdict}`),
        ),
      ),
    ),
    boxes,
    h(
      "label",
      { class: "field" },
      h("span", {}, t("feedback.comment")),
      h("textarea", { name: "comment", rows: 3, maxlength: 2000 }),
    ),
    h("button", { type: "submit" }, t("feedback.send")),
  );
  onSubmit(form, async ({ verdict, comment }) => {
    const conditions = new FormData(form).getAll("condition");
    await asked("POST", path(id), {
      json: {
        verdict,
        ...(verdict === "corrected" ? { conditions } : {}),
        ...(comment ? { comment } : {}),
      },
    });
    said();
  });
  return form;
}
