// Loaded by every page: header, footer and texts.

import { h, svg } from "/js/dom.js";
import { t, translatePage } from "/js/i18n.js";
import { hasRole, isSignedIn, signOut } from "/js/session.js";

function link(path, key, attributes = {}) {
  const current = location.pathname === path ? "page" : null;
  return h("a", { href: path, "aria-current": current, ...attributes }, t(key));
}

function visitorLinks() {
  return [
    link("/", "nav.try"),
    link("/about", "nav.about", { class: "wide-only" }),
    link("/login", "nav.login"),
    link("/register", "nav.register", { class: "button small" }),
  ];
}

function memberLinks() {
  return [
    link("/", "nav.new"),
    link("/history", "nav.history"),
    hasRole("doctor") && link("/doctor", "nav.doctor"),
    link("/account", "nav.account"),
    h("button", { type: "button", class: "link-button", onclick: handleSignOut }, t("nav.logout")),
  ].filter(Boolean);
}

async function handleSignOut() {
  await signOut();
  location.assign("/");
}

const logo = () =>
  svg(
    "svg",
    { viewBox: "0 0 32 32", width: 28, height: 28, "aria-hidden": "true", class: "logo" },
    svg("path", {
      class: "logo-heart",
      d: "M16 28C8 22 3 17.5 3 11.5A6.5 6.5 0 0 1 16 9a6.5 6.5 0 0 1 13 2.5C29 17.5 24 22 16 28z",
    }),
    svg("path", { class: "logo-beat", d: "M6 16h6l2-5 3.5 9 2-4H26" }),
  );

class SiteHeader extends HTMLElement {
  connectedCallback() {
    this.append(
      h("a", { href: "#main", class: "skip-link" }, t("nav.skip")),
      h(
        "header",
        {},
        h("a", { href: "/", class: "brand" }, logo(), h("span", {}, t("brand"))),
        h("nav", { "aria-label": t("nav.label") }, isSignedIn() ? memberLinks() : visitorLinks()),
      ),
    );
  }
}

class SiteFooter extends HTMLElement {
  connectedCallback() {
    this.append(
      h(
        "footer",
        {},
        h("p", { class: "disclaimer" }, t("disclaimer")),
        h(
          "ul",
          {},
          h("li", {}, link("/about", "nav.about")),
          h("li", {}, link("/privacy", "nav.privacy")),
          h("li", {}, link("/contact", "nav.contact")),
        ),
      ),
    );
  }
}

// Hide private content when the user signs out in another tab or goes back to a cached page.
const wasSignedIn = isSignedIn();
const reloadIfSignedOut = () => {
  if (wasSignedIn && !isSignedIn()) location.reload();
};
addEventListener("pageshow", reloadIfSignedOut);
addEventListener("storage", reloadIfSignedOut);

customElements.define("site-header", SiteHeader);
customElements.define("site-footer", SiteFooter);
translatePage();
document.title = `${document.title} – ${t("brand")}`;
