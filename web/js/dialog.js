// The confirmation dialog.

import { h } from "/js/dom.js";
import { t } from "/js/i18n.js";

/** Ask the user to confirm an action; resolves to false when the dialog is closed or cancelled. */
export function confirmDialog(title, text, action) {
  const dialog = h(
    "dialog",
    { "aria-labelledby": "dialog-title" },
    h(
      "form",
      { method: "dialog" },
      h("h2", { id: "dialog-title" }, title),
      h("p", {}, text),
      h(
        "div",
        { class: "actions" },
        h("button", { value: "cancel", class: "secondary" }, t("dialog.cancel")),
        h("button", { value: "confirm", class: "danger" }, action),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "confirm");
    });
  });
}
