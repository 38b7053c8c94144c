// A page of text: adds the sections of the text that the page names.

import "/js/site.js";
import { find, h } from "/js/dom.js";
import { t } from "/js/i18n.js";

const main = find("[data-prose]");

main.append(
  ...t(`${main.dataset.prose}.sections`).map(({ title, text }) =>
    h("section", {}, h("h2", {}, title), text.map(block)),
  ),
);

/** A paragraph, or a list of items. */
function block(content) {
  if (!Array.isArray(content)) return h("p", {}, content);
  return h(
    "ul",
    {},
    content.map((item) => h("li", {}, item)),
  );
}
