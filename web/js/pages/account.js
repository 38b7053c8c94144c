// The own account: its name, its address, its password, and its end.

import "/js/site.js";
import { confirmed } from "/js/dialog.js";
import { find, h } from "/js/dom.js";
import { alertBox, done, doneBox, onSubmit } from "/js/forms.js";
import { asked, demandSession, forget, hasRole, keep } from "/js/session.js";
import { date, t } from "/js/texts.js";

demandSession();

const profile = find("#profile");

async function start() {
  try {
    fillIn(await asked("GET", "/me"));
  } catch (refusal) {
    if (refusal.code === undefined) throw refusal;
    profile.before(alertBox(refusal.message));
  }
}

function fillIn(me) {
  profile.elements.name.value = me.name;
  find("#email").textContent = me.email;
  find("#since").textContent = date(me.created_at);
  find("#verified").textContent = t(me.verified ? "account.verified" : "account.unverified");
  find("#verify").hidden = me.verified;
  find("#export").hidden = !hasRole("administrator");
}

onSubmit(profile, async ({ name }) => {
  const me = await asked("PATCH", "/me", { json: { name } });
  done(profile, t("account.saved"));
  fillIn(me);
});

onSubmit(find("#verify"), async () => {
  await asked("POST", "/verify/request");
  find("#verify").replaceChildren(doneBox(t("account.mailed")));
});

onSubmit(find("#password"), async ({ current_password, new_password }) => {
  const json = { current_password, new_password };
  keep(await asked("POST", "/password/change", { json, cookie: true }));
  done(find("#password"), t("account.password_changed"));
});

onSubmit(find("#close"), async ({ password }) => {
  const words = ["title", "text", "action"].map((name) => t(`account.close_${name}`));
  if (!(await confirmed(...words))) return;
  await asked("DELETE", "/me", { json: { password }, cookie: true });
  forget();
  location.assign("/");
});

onSubmit(find("#export"), async () => {
  const pages = [];
  for (let query = ""; query !== null; ) {
    const { text, next } = await asked("GET", `/feedback/export${query}`, { text: true });
    pages.push(text);
    query = next;
  }
  const address = URL.createObjectURL(new Blob(pages, { type: "application/x-ndjson" }));
  h("a", { href: address, download: "feedback.jsonl" }).click();
  URL.revokeObjectURL(address);
});

start();
