// A page of text: its sections come from the texts under the name the page gives.

import "/js/site.js";
import { find, h } from "/js/dom.js";
import { t } from "/js/texts.js";

const place = find("[data-prose]");

place.append(
  ...t(`${place.dataset.prose}.sections`).map(({ title, text }) =>
    h(
      "section",
      {},
      h("h2", {}, title),
      text.map((paragraph) =>
        Array.isArray(paragraph)
          ? h("ul", {}, paragraph.map((item) => h("li", {}, item)))
          : h("p", {}, paragraph),
      ),
    ),
  ),
);
