// Two-step sign-in on the account page: adding and removing apps and passkeys, recovery codes.

import { ApiError } from "/js/api.js";
import { find, focus, h, svg } from "/js/dom.js";
import { errorBox, onClick, onSubmit, successBox } from "/js/forms.js";
import { formatDate, t } from "/js/i18n.js";
import { createPasskey, passkeysSupported } from "/js/passkeys.js";
import { authorizedRequest } from "/js/session.js";

const PATH = "/me/second-factors";
const QR_MARGIN = 4; // modules, as the standard asks for

/** A card that loads what the account has. */
export function twoStepSection() {
  const state = h("div", {});
  const form = h(
    "form",
    { class: "card", id: "two-step", "aria-labelledby": "two-step-title" },
    h("h2", { id: "two-step-title" }, t("two_step.title")),
    h("p", {}, t("two_step.text")),
    state,
    field("password", t("two_step.password"), {
      type: "password",
      autocomplete: "current-password",
      maxlength: 256,
    }),
    field("name", t("two_step.name"), { value: t("two_step.name_default"), maxlength: 100 }),
    h(
      "div",
      { class: "actions" },
      h("button", { type: "submit" }, t("two_step.add_app")),
      passkeysSupported() && actionButton("add-passkey", t("two_step.add_passkey")),
      actionButton("new-codes", t("two_step.new_codes")),
    ),
  );
  onSubmit(form, () => beginApp(form));
  for (const [id, action] of [
    ["#add-passkey", addPasskey],
    ["#new-codes", newCodes],
  ]) {
    const button = find(id, form);
    if (button) onClick(button, form, () => form.reportValidity() && action(form));
  }
  load(form, state);
  return form;
}

async function load(form, state) {
  try {
    showState(form, state, await authorizedRequest("GET", PATH));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    state.replaceChildren(errorBox(error.message));
  }
}

function showState(form, state, { items, recovery_codes_left, required }) {
  find("#new-codes", form).hidden = items.length === 0;
  if (items.length === 0) {
    const text = t(required ? "two_step.required" : "two_step.off");
    state.replaceChildren(h("p", { class: required ? "notice" : null }, text));
    return;
  }
  const left = t("two_step.codes_left", { count: recovery_codes_left });
  state.replaceChildren(
    h(
      "ul",
      {},
      items.map((item) => factorItem(form, item)),
    ),
    h("p", {}, left),
  );
}

function factorItem(form, { id, kind, name, created_at }) {
  const date = formatDate(created_at);
  const text = t("two_step.added", { name, kind: t(`two_step.kinds.${kind}`), date });
  const label = `${t("two_step.remove")}: ${name}`;
  const button = h(
    "button",
    { type: "button", class: "secondary", "aria-label": label },
    t("two_step.remove"),
  );
  onClick(button, form, async () => {
    if (!form.reportValidity()) return;
    await authorizedRequest("DELETE", `${PATH}/${id}`, { json: password(form) });
    renew(form, successBox(t("two_step.changed")));
  });
  return h("li", {}, text, " ", button);
}

async function beginApp(form) {
  const { secret, uri, qr_code } = await authorizedRequest("POST", `${PATH}/totp`, {
    json: password(form),
  });
  const name = form.elements.name.value;
  const confirm = h(
    "form",
    { class: "card", id: "confirm-app", "aria-labelledby": "confirm-app-title" },
    h("h2", { id: "confirm-app-title" }, t("two_step.add_app")),
    h("p", {}, t("two_step.app_text")),
    qrCode(qr_code),
    h("p", {}, t("two_step.app_key")),
    h("p", {}, h("code", { id: "totp-secret" }, secret)),
    h("p", {}, h("a", { href: uri }, t("two_step.app_link"))),
    field("code", t("two_step.code"), {
      autocomplete: "one-time-code",
      inputmode: "numeric",
      pattern: "[0-9]{6}",
      maxlength: 6,
    }),
    h("button", { type: "submit" }, t("two_step.confirm")),
  );
  onSubmit(confirm, async ({ code }) => {
    const json = { name, code };
    const added = await authorizedRequest("POST", `${PATH}/totp/confirm`, { json });
    renew(confirm, codesBox(added.recovery_codes));
  });
  form.replaceWith(confirm);
  confirm.elements.code.focus();
}

/** A QR code from rows of ones (dark) and zeros, on a white margin in every colour scheme. */
function qrCode(rows) {
  const dark = rows.flatMap((row, y) =>
    [...row].flatMap((module, x) => (module === "1" ? [`M${x} ${y}h1v1h-1z`] : [])),
  );
  const size = rows.length + 2 * QR_MARGIN;
  return svg(
    "svg",
    {
      id: "totp-qr-code",
      role: "img",
      "aria-label": t("two_step.qr_code"),
      viewBox: `${-QR_MARGIN} ${-QR_MARGIN} ${size} ${size}`,
      "shape-rendering": "crispEdges",
    },
    svg("rect", { x: -QR_MARGIN, y: -QR_MARGIN, width: size, height: size, fill: "#fff" }),
    svg("path", { d: dark.join(""), fill: "#000" }),
  );
}

async function addPasskey(form) {
  const begun = await authorizedRequest("POST", `${PATH}/passkey`, { json: password(form) });
  const json = { name: form.elements.name.value, credential: await createPasskey(begun.options) };
  const added = await authorizedRequest("POST", `${PATH}/passkey/confirm`, { json });
  renew(form, codesBox(added.recovery_codes));
}

async function newCodes(form) {
  const json = password(form);
  const { recovery_codes } = await authorizedRequest("POST", "/me/recovery-codes", { json });
  renew(form, codesBox(recovery_codes));
}

/** Show the card anew, with a message at its top. */
function renew(old, message) {
  const section = twoStepSection();
  find("h2", section).after(message);
  old.replaceWith(section);
  focus(message);
}

function codesBox(codes) {
  if (codes.length === 0) return successBox(t("two_step.changed"));
  return h(
    "div",
    { class: "notice success", role: "status", id: "recovery-codes" },
    h("p", {}, h("strong", {}, t("two_step.codes_title"))),
    h("p", {}, t("two_step.codes_text")),
    h(
      "ul",
      {},
      codes.map((code) => h("li", {}, h("code", {}, code))),
    ),
  );
}

const password = (form) => ({ password: form.elements.password.value });

const actionButton = (id, text) => h("button", { type: "button", class: "secondary", id }, text);

const field = (name, label, attributes) =>
  h(
    "label",
    { class: "field" },
    h("span", {}, label),
    h("input", { name, type: "text", required: true, ...attributes }),
  );
