// The uploaded image, the overlay of detected traces, and heat maps; one is shown at a time.

import { ApiError } from "/js/api.js";
import { h } from "/js/dom.js";
import { t } from "/js/i18n.js";

/**
 * @param views   [{id, label, alt}]; the first is shown first
 * @param getUrl  (id) => the image's URL, or a promise of it
 */
export function imageViewer(views, getUrl) {
  const image = h("img", { alt: views[0].alt });
  const legend = heatmapLegend();
  const error = h("p", { class: "notice error", role: "alert", hidden: true }, t("views.failed"));
  const frame = h(
    "div",
    { class: "image-frame", tabindex: 0, role: "group", "aria-label": t("views.frame") },
    image,
  );
  let selected = null;

  async function select(view) {
    selected = view.id;
    error.hidden = true;
    try {
      const url = await getUrl(view.id);
      if (selected !== view.id) return; // another view was selected meanwhile
      image.alt = view.alt;
      image.src = url;
      legend.hidden = !view.id.startsWith("heatmap:");
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      error.hidden = false;
    }
  }

  image.addEventListener("error", () => {
    error.hidden = false;
  });
  select(views[0]);
  return h(
    "section",
    { class: "views", "aria-label": t("views.title") },
    viewSwitch(views, select),
    h("figure", {}, frame, h("figcaption", {}, legend, zoomButton(frame))),
    error,
  );
}

function viewSwitch(views, onSelect) {
  return h(
    "fieldset",
    { class: "segmented-control" },
    h("legend", {}, t("views.choose")),
    views.map((view, index) =>
      h(
        "label",
        {},
        h("input", {
          type: "radio",
          name: "view",
          value: view.id,
          checked: index === 0,
          onchange: () => onSelect(view),
        }),
        h("span", {}, view.label),
      ),
    ),
  );
}

function heatmapLegend() {
  return h(
    "p",
    { class: "heat-legend", hidden: true },
    h("span", {}, t("views.weak")),
    h("span", { class: "heat-scale", "aria-hidden": "true" }),
    h("span", {}, t("views.strong")),
  );
}

function zoomButton(frame) {
  const button = h(
    "button",
    { type: "button", class: "secondary small zoom", "aria-pressed": "false" },
    t("views.zoom"),
  );
  button.addEventListener("click", () => {
    const zoomed = frame.classList.toggle("zoomed");
    button.setAttribute("aria-pressed", String(zoomed));
  });
  return button;
}

/** The views of a result: the image, the detected traces, and a heat map for each finding. */
export function imageViews(result, heatmaps) {
  const titles = Object.fromEntries(result.conditions.map(({ id, title }) => [id, title]));
  return [
    { id: "picture", label: t("views.original"), alt: t("views.original_alt") },
    { id: "overlay", label: t("views.overlay"), alt: t("views.overlay_alt") },
    ...heatmaps.map((id) => ({
      id: `heatmap:${id}`,
      label: t("views.heatmap", { title: titles[id] }),
      alt: t("views.heatmap_alt", { title: titles[id] }),
    })),
  ];
}
