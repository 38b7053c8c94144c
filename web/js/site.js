// What every page has: header, footer, and its texts.

import { h, svg } from "/js/dom.js";
import { hasRole, signedIn, signOut } from "/js/session.js";
import { fill, t } from "/js/texts.js";

function link(path, key, attributes = {}) {
  const current = location.pathname === path ? "page" : null;
  return h("a", { href: path, "aria-current": current, ...attributes }, t(key));
}

function visitorLinks() {
  return [
    link("/", "nav.try"),
    link("/about", "nav.about", { class: "spacious" }),
    link("/login", "nav.login"),
    link("/register", "nav.register", { class: "button small" }),
  ];
}

function memberLinks() {
  const leave = async () => {
    await signOut();
    location.assign("/");
  };
  return [
    link("/", "nav.new"),
    link("/history", "nav.history"),
    hasRole("doctor") && link("/doctor", "nav.doctor"),
    link("/account", "nav.account"),
    h("button", { type: "button", class: "plain", onclick: leave }, t("nav.logout")),
  ].filter(Boolean);
}

const heart = () =>
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
      h("a", { href: "#main", class: "skip" }, t("nav.skip")),
      h(
        "header",
        {},
        h("a", { href: "/", class: "brand" }, heart(), h("span", {}, t("brand"))),
        h(
          "nav",
          { "aria-label": t("nav.label") },
          signedIn() ? memberLinks() : visitorLinks(),
        ),
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

// What was private does not stay on the screen, in whatever tab the person signed out.
const wasSignedIn = signedIn();
const left = () => {
  if (wasSignedIn && !signedIn()) location.reload();
};
addEventListener("pageshow", left);
addEventListener("storage", left);

customElements.define("site-header", SiteHeader);
customElements.define("site-footer", SiteFooter);
fill();
document.title = `${document.title} – ${t("brand")}`;
