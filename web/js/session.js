// The user's session. The access token is kept in this module only and is lost when the page is
// left; the refresh token is an HTTP-only cookie.

import { request } from "/js/api.js";

const ROLES_KEY = "heartsense.session"; // set while signed in; holds the roles, no secret
const ATTEMPT_KEY = "heartsense.refresh-attempt";
const REFRESH_LOCK = "heartsense.refresh";
const EXPIRY_MARGIN_MS = 30_000;

let accessToken = null;
let expiresAt = 0;

export const isSignedIn = () => localStorage.getItem(ROLES_KEY) !== null;

/** For the page's navigation only: the API checks what a role allows. */
export const hasRole = (role) =>
  isSignedIn() && JSON.parse(localStorage.getItem(ROLES_KEY)).includes(role);

/** Returns null, or what the second step needs if the account has one. */
export async function signIn(email, password) {
  const answer = await request("POST", "/login", { json: { email, password }, cookie: true });
  if (answer.code === "second_factor_required") return answer;
  storeTokens(answer);
  return null;
}

/** `proof` is a code, a recovery_code or a passkey. */
export async function completeSignIn(challenge, proof) {
  const json = { challenge, ...proof };
  storeTokens(await request("POST", "/login/second-factor", { json, cookie: true }));
}

export async function signOut() {
  try {
    await request("POST", "/logout", { json: {}, cookie: true });
  } catch (error) {
    if (error.status !== 401) throw error; // with 401, the session has already ended
  }
  clearSession();
}

/** Keep the tokens of a response that starts or renews a session. */
function storeTokens({ access_token, expires_in }) {
  accessToken = access_token;
  expiresAt = Date.now() + expires_in * 1000 - EXPIRY_MARGIN_MS;
  localStorage.setItem(ROLES_KEY, JSON.stringify(rolesOf(access_token)));
}

export function clearSession() {
  accessToken = null;
  localStorage.removeItem(ROLES_KEY);
}

/** Send a request with the access token; redirects to the sign-in page if the session has ended. */
export const authorizedRequest = (method, path, options = {}) =>
  withToken((token) => request(method, path, { ...options, token }));

/**
 * Send a request that ends this session and opens another one. Other requests of this page may be
 * refused as soon as the first has ended: the new tokens come before they try to refresh it.
 */
export const replaceSession = (method, path, options = {}) =>
  withToken((token) =>
    navigator.locks.request(REFRESH_LOCK, async () => {
      storeTokens(await request(method, path, { ...options, token, cookie: true }));
    }),
  );

async function withToken(send) {
  try {
    return await send(await validToken());
  } catch (error) {
    if (error.code !== "token_refused") throw redirectIfUnauthorized(error);
  }
  accessToken = null;
  try {
    return await send(await validToken());
  } catch (error) {
    throw redirectIfUnauthorized(error);
  }
}

/** Send visitors to the sign-in page, which leads back here. */
export function requireSession() {
  if (!isSignedIn()) redirectToSignIn();
}

function redirectToSignIn() {
  location.replace(`/login#next=${encodeURIComponent(location.pathname + location.hash)}`);
}

const isTokenValid = () => accessToken !== null && Date.now() < expiresAt;

async function validToken() {
  if (!isTokenValid()) await refresh();
  return accessToken;
}

/**
 * Get a new access token. A refresh token can be used once, so only one tab refreshes at a time.
 * The attempt's id is kept until the response arrives: if the response is lost, the API answers a
 * retry with the same id instead of ending the session.
 */
const refresh = () =>
  navigator.locks.request(REFRESH_LOCK, async () => {
    if (isTokenValid()) return;
    const attempt = localStorage.getItem(ATTEMPT_KEY) ?? crypto.randomUUID();
    localStorage.setItem(ATTEMPT_KEY, attempt);
    storeTokens(await request("POST", "/refresh", { json: { attempt }, cookie: true }));
    localStorage.removeItem(ATTEMPT_KEY);
  });

function redirectIfUnauthorized(error) {
  if (error.status === 401) {
    localStorage.removeItem(ATTEMPT_KEY);
    clearSession();
    redirectToSignIn();
  }
  return error;
}

function rolesOf(jwt) {
  const payload = jwt.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  return JSON.parse(atob(payload)).roles ?? [];
}
