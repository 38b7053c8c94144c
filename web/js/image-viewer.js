// A picture and what was drawn over it: one at a time, chosen by radio buttons.

import { h } from "/js/dom.js";
import { t } from "/js/texts.js";

/**
 * @param views    [{id, label, alt}], the first is shown first
 * @param address  (id) => the picture's address, or a promise of it
 */
export function pictureViews(views, address) {
  const image = h("img", { alt: views[0].alt });
  const legend = h(
    "p",
    { class: "heat-legend", hidden: true },
    h("span", {}, t("views.little")),
    h("span", { class: "heat-scale", "aria-hidden": "true" }),
    h("span", {}, t("views.much")),
  );
  const failure = h("p", { class: "notice bad", role: "alert", hidden: true }, t("views.failed"));
  const paper = h(
    "div",
    { class: "paper", tabindex: 0, role: "group", "aria-label": t("views.picture") },
    image,
  );
  const zoom = h(
    "button",
    { type: "button", class: "quiet small zoom", "aria-pressed": "false", onclick: toggleZoom },
    t("views.zoom"),
  );
  let chosen = null;

  async function choose(view) {
    chosen = view.id;
    failure.hidden = true;
    try {
      const source = await address(view.id);
      if (chosen !== view.id) return; // another was chosen meanwhile
      image.alt = view.alt;
      image.src = source;
      legend.hidden = !view.id.startsWith("heatmap:");
    } catch (refusal) {
      if (refusal.code === undefined) throw refusal;
      failure.hidden = false;
    }
  }

  function toggleZoom() {
    const large = paper.classList.toggle("large");
    zoom.setAttribute("aria-pressed", String(large));
  }

  image.addEventListener("error", () => {
    failure.hidden = false;
  });
  choose(views[0]);
  return h(
    "section",
    { class: "views", "aria-label": t("views.title") },
    h(
      "fieldset",
      { class: "switch" },
      h("legend", {}, t("views.choose")),
      views.map((view, place) =>
        h(
          "label",
          {},
          h("input", {
            type: "radio",
            name: "view",
            value: view.id,
            checked: place === 0,
            onchange: () => choose(view),
          }),
          h("span", {}, view.label),
        ),
      ),
    ),
    h("figure", {}, paper, h("figcaption", {}, legend, zoom)),
    failure,
  );
}

/** The views of a result: the picture, what was read, and what spoke for each finding. */
export function viewsOf(result, heatmaps) {
  const titles = Object.fromEntries(result.conditions.map(({ id, title }) => [id, title]));
  return [
    { id: "picture", label: t("views.own"), alt: t("views.own_alt") },
    { id: "overlay", label: t("views.overlay"), alt: t("views.overlay_alt") },
    ...heatmaps.map((id) => ({
      id: `heatmap:${id}`,
      label: t("views.heatmap", { title: titles[id] }),
      alt: t("views.heatmap_alt", { title: titles[id] }),
    })),
  ];
}
