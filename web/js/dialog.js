// A question before something that cannot be undone.

import { h } from "/js/dom.js";
import { t } from "/js/texts.js";

/** Whether the person says yes; closing the dialog is a no. */
export function confirmed(title, text, action) {
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
        h("button", { value: "no", class: "quiet" }, t("dialog.cancel")),
        h("button", { value: "yes", class: "danger" }, action),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
