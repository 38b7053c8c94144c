// Lists that the API gives page by page.

import { h } from "/js/dom.js";
import { alertBox } from "/js/forms.js";
import { asked } from "/js/session.js";
import { t } from "/js/texts.js";

/** Fill a list with the lines of its items; a button below asks for more while there are. */
export function pages(list, path, line, nothing) {
  const more = h("button", { type: "button", class: "quiet" }, t("lists.more"));
  let cursor = null;

  async function next() {
    more.disabled = true;
    list.setAttribute("aria-busy", "true");
    try {
      const from = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
      const answer = await asked("GET", path + from);
      list.append(...answer.items.map(line));
      cursor = answer.next_cursor ?? null;
      more.hidden = cursor === null;
      if (list.children.length === 0) list.replaceWith(h("p", { class: "notice" }, nothing));
    } catch (refusal) {
      if (refusal.code === undefined) throw refusal;
      list.after(alertBox(refusal.message));
    } finally {
      more.disabled = false;
      list.removeAttribute("aria-busy");
    }
  }

  more.hidden = true;
  more.addEventListener("click", next);
  list.after(more);
  next();
}
