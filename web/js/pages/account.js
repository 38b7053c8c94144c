// The user's account: profile, e-mail confirmation, password, export and deletion.

import "/js/site.js";
import { ApiError } from "/js/api.js";
import { auditSection } from "/js/audit.js";
import { confirmDialog } from "/js/dialog.js";
import { find, h } from "/js/dom.js";
import { errorBox, onSubmit, showSuccess, successBox } from "/js/forms.js";
import { formatDate, t } from "/js/i18n.js";
import {
  authorizedRequest,
  clearSession,
  hasRole,
  replaceSession,
  requireSession,
} from "/js/session.js";
import { sessionsSection } from "/js/sessions.js";
import { twoStepSection } from "/js/two-step.js";

requireSession();

const EXPORT_POLL_MS = 2000;
const profile = find("#profile");

async function loadAccount() {
  try {
    showAccount(await authorizedRequest("GET", "/me"));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    profile.before(errorBox(error.message));
  }
}

function showAccount(account) {
  profile.elements.name.value = account.name;
  find("#email").textContent = account.email;
  find("#since").textContent = formatDate(account.created_at);
  find("#verified").textContent = t(account.verified ? "account.verified" : "account.unverified");
  find("#verify").hidden = account.verified;
  find("#export").hidden = !hasRole("administrator");
}

find("#password").after(twoStepSection(), sessionsSection());
find("#data").after(auditSection());

onSubmit(profile, async ({ name }) => {
  const account = await authorizedRequest("PATCH", "/me", { json: { name } });
  showSuccess(profile, t("account.saved"));
  showAccount(account);
});

onSubmit(find("#verify"), async () => {
  await authorizedRequest("POST", "/verify/request");
  find("#verify").replaceChildren(successBox(t("account.verify_sent")));
});

onSubmit(find("#password"), async ({ current_password, new_password }) => {
  const json = { current_password, new_password };
  await replaceSession("POST", "/password/change", { json });
  showSuccess(find("#password"), t("account.password_changed"));
});

onSubmit(find("#delete"), async ({ password }) => {
  const texts = ["title", "text", "action"].map((name) => t(`account.delete_${name}`));
  if (!(await confirmDialog(...texts))) return;
  await authorizedRequest("DELETE", "/me", { json: { password }, cookie: true });
  clearSession();
  location.assign("/");
});

onSubmit(find("#data"), async () => {
  const form = find("#data");
  await authorizedRequest("POST", "/me/export");
  for (;;) {
    const { status, url } = await authorizedRequest("GET", "/me/export");
    if (status === "failed") throw new ApiError("export_failed");
    if (status === "ready") {
      const link = h("a", { href: url, class: "button" }, t("account.data_download"));
      form.replaceChildren(find("h2", form), h("p", {}, t("account.data_ready")), link);
      link.focus();
      return;
    }
    await new Promise((resolve) => {
      setTimeout(resolve, EXPORT_POLL_MS);
    });
  }
});

onSubmit(find("#export"), async () => {
  const pages = [];
  for (let query = ""; query !== null; ) {
    const path = `/feedback/export${query}`;
    const { text, next } = await authorizedRequest("GET", path, { text: true });
    pages.push(text);
    query = next;
  }
  download("feedback.jsonl", new Blob(pages, { type: "application/x-ndjson" }));
});

function download(name, blob) {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}

loadAccount();
