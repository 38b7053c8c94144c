// Form submission by script, with a busy state and error messages in the form.

import { ApiError } from "/js/api.js";
import { find, focus, h } from "/js/dom.js";
import { t } from "/js/i18n.js";

/** Call `send` with the form's values on submit; an ApiError is shown in the form. */
export function onSubmit(form, send) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = find("[type=submit]", form);
    clearMessages(form);
    button.disabled = true;
    form.setAttribute("aria-busy", "true");
    try {
      await send(Object.fromEntries(new FormData(form)));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      showError(form, error);
    } finally {
      button.disabled = false;
      form.removeAttribute("aria-busy");
    }
  });
}

/** Call `action` on click; an ApiError is shown in `container`. */
export function onClick(button, container, action) {
  button.addEventListener("click", async () => {
    clearMessages(container);
    button.disabled = true;
    try {
      await action();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      container.append(errorBox(error.message));
    } finally {
      button.disabled = false;
    }
  });
}

export function errorBox(message) {
  return h("div", { class: "notice error", role: "alert" }, h("p", {}, message));
}

export function successBox(message) {
  return h("div", { class: "notice success", role: "status" }, h("p", {}, message));
}

/** Reset the form and show a success message in it. */
export function showSuccess(form, message) {
  form.reset();
  const box = successBox(message);
  form.prepend(box);
  focus(box);
}

function showError(form, error) {
  const invalid = error.fieldErrors
    .map(({ loc }) => form.elements.namedItem(loc.at(-1)))
    .filter(Boolean);
  for (const field of invalid) field.setAttribute("aria-invalid", "true");
  form.prepend(errorBox(invalid.length ? t("forms.check") : error.message));
  (invalid[0] ?? find("[type=submit]", form)).focus();
}

function clearMessages(container) {
  for (const box of container.querySelectorAll(".notice[role]")) box.remove();
  for (const field of container.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
  }
}
