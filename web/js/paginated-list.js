// Lists that the API returns page by page.

import { ApiError } from "/js/api.js";
import { h } from "/js/dom.js";
import { errorBox } from "/js/forms.js";
import { t } from "/js/i18n.js";
import { authorizedRequest } from "/js/session.js";

/** Load items from `path` into a list, with a button below it to load more. */
export function paginatedList(list, path, renderItem, emptyText) {
  const button = h(
    "button",
    { type: "button", class: "secondary", hidden: true, onclick: loadPage },
    t("lists.more"),
  );
  let cursor = null;

  async function loadPage() {
    button.disabled = true;
    list.setAttribute("aria-busy", "true");
    try {
      const query = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
      const { items, next_cursor } = await authorizedRequest("GET", path + query);
      list.append(...items.map(renderItem));
      cursor = next_cursor ?? null;
      button.hidden = cursor === null;
      if (list.children.length === 0) list.replaceWith(h("p", { class: "notice" }, emptyText));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      list.after(errorBox(error.message));
    } finally {
      button.disabled = false;
      list.removeAttribute("aria-busy");
    }
  }

  list.after(button);
  loadPage();
}
