// Forms that are sent by script: busy while they are, and a refusal is said where it is read.

import { focus, h } from "/js/dom.js";
import { t } from "/js/texts.js";

/** Call `send` with the form's values when it is submitted. */
export function onSubmit(form, send) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("[type=submit]");
    clear(form);
    button.disabled = true;
    form.setAttribute("aria-busy", "true");
    try {
      await send(Object.fromEntries(new FormData(form)));
    } catch (refusal) {
      if (refusal.code === undefined) throw refusal;
      say(form, refusal);
    } finally {
      button.disabled = false;
      form.removeAttribute("aria-busy");
    }
  });
}

/** Do something on a click; `place` gets a box that says why, when it is refused. */
export function onClick(button, place, act) {
  button.addEventListener("click", async () => {
    clear(place);
    button.disabled = true;
    try {
      await act();
    } catch (refusal) {
      if (refusal.code === undefined) throw refusal;
      place.append(alertBox(refusal.message));
    } finally {
      button.disabled = false;
    }
  });
}

/** A box that says why something was not done. */
export function alertBox(sentence) {
  return h("div", { class: "notice bad", role: "alert" }, h("p", {}, sentence));
}

/** A box that says what was done. */
export function doneBox(sentence) {
  return h("div", { class: "notice good", role: "status" }, h("p", {}, sentence));
}

function clear(form) {
  for (const box of form.querySelectorAll(".notice[role]")) box.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
  }
}

/** Say in a form what was done, and empty what was typed. */
export function done(form, sentence) {
  form.reset();
  const box = doneBox(sentence);
  form.prepend(box);
  focus(box);
}

function say(form, refusal) {
  const wrong = refusal.faults
    .map((fault) => form.elements.namedItem(fault.loc.at(-1)))
    .filter(Boolean);
  for (const field of wrong) field.setAttribute("aria-invalid", "true");
  form.prepend(alertBox(wrong.length ? t("forms.check") : refusal.message));
  (wrong[0] ?? form.querySelector("[type=submit]")).focus();
}
