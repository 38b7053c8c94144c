// Who is signed in. The access token lives in this module alone and dies with the page; the
// refresh token is a cookie that no script can read.

import { ask } from "/js/api.js";

const HINT = "heartsense.session"; // that there is a session, and its roles: no secret
const ATTEMPT = "heartsense.refresh-attempt";
const EARLY = 30_000;

let access = null;
let expires = 0;

export const signedIn = () => localStorage.getItem(HINT) !== null;

/** Roles to build the page by; what they allow is the API's to decide. */
export const hasRole = (role) =>
  signedIn() && JSON.parse(localStorage.getItem(HINT)).includes(role);

export async function signIn(email, password) {
  keep(await ask("POST", "/login", { json: { email, password }, cookie: true }));
}

export async function signOut() {
  try {
    await ask("POST", "/logout", { json: {}, cookie: true });
  } catch (refusal) {
    if (refusal.status !== 401) throw refusal; // it had ended already
  }
  forget();
}

/** Take the tokens of an answer that signs in. */
export function keep(tokens) {
  access = tokens.access_token;
  expires = Date.now() + tokens.expires_in * 1000 - EARLY;
  localStorage.setItem(HINT, JSON.stringify(rolesOf(access)));
}

export function forget() {
  access = null;
  localStorage.removeItem(HINT);
}

/** Ask the API as the one who is signed in; a session that has ended leads to the sign-in page. */
export async function asked(method, path, options = {}) {
  try {
    return await ask(method, path, { ...options, token: await token() });
  } catch (refusal) {
    if (refusal.code !== "token_refused") throw ended(refusal);
  }
  access = null;
  try {
    return await ask(method, path, { ...options, token: await token() });
  } catch (refusal) {
    throw ended(refusal);
  }
}

/** Only for people who are signed in: others go and come back. */
export function demandSession() {
  if (!signedIn()) toSignIn();
}

export const toSignIn = () =>
  location.replace(`/login#next=${encodeURIComponent(location.pathname + location.hash)}`);

async function token() {
  if (access === null || Date.now() >= expires) await refresh();
  return access;
}

/**
 * A refresh token works once, so the tabs take turns. Each exchange carries a random text that
 * outlives the page until the answer came: repeated with it, a lost answer is given again.
 */
const refresh = () =>
  navigator.locks.request("heartsense.refresh", async () => {
    if (access !== null && Date.now() < expires) return;
    const attempt = localStorage.getItem(ATTEMPT) ?? crypto.randomUUID();
    localStorage.setItem(ATTEMPT, attempt);
    keep(await ask("POST", "/refresh", { json: { attempt }, cookie: true }));
    localStorage.removeItem(ATTEMPT);
  });

function ended(refusal) {
  if (refusal.status === 401) {
    localStorage.removeItem(ATTEMPT);
    forget();
    toSignIn();
  }
  return refusal;
}

function rolesOf(jwt) {
  const payload = jwt.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  return JSON.parse(atob(payload)).roles ?? [];
}
