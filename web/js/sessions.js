// The devices that are signed in, each with a button that ends its session.

import { ApiError } from "/js/api.js";
import { h } from "/js/dom.js";
import { errorBox, onClick } from "/js/forms.js";
import { formatDate, t } from "/js/i18n.js";
import { authorizedRequest } from "/js/session.js";

/** A card that loads its list. */
export function sessionsSection() {
  const list = h("ul", {});
  const section = h(
    "section",
    { class: "card", id: "sessions" },
    h("h2", {}, t("sessions.title")),
    list,
  );
  loadSessions(section, list);
  return section;
}

async function loadSessions(section, list) {
  try {
    const { items } = await authorizedRequest("GET", "/me/sessions");
    list.replaceChildren(...items.map((item) => sessionItem(section, item)));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    list.replaceChildren(errorBox(error.message));
  }
}

function sessionItem(section, { id, device, created_at, last_seen_at, current }) {
  const dates = { created: formatDate(created_at), seen: formatDate(last_seen_at) };
  const text = t("sessions.item", { device, ...dates });
  if (current) return h("li", {}, text, " ", h("strong", {}, t("sessions.current")));
  const label = `${t("sessions.end")}: ${device}`;
  const button = h(
    "button",
    { type: "button", class: "secondary", "aria-label": label },
    t("sessions.end"),
  );
  const item = h("li", {}, text, " ", button);
  onClick(button, section, async () => {
    await authorizedRequest("DELETE", `/me/sessions/${id}`);
    item.remove();
  });
  return item;
}
