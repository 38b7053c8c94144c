// One request to the API, and its refusals as sentences.

import { API } from "/config.js";
import { has, t } from "/js/texts.js";

/** Why a request was not answered: a stable code and a sentence a person can act on. */
export class Refusal extends Error {
  constructor(code, detail, { status = 0, faults = [] } = {}) {
    super(has("problems", code) ? t(`problems.${code}`) : detail || t("problems.internal_error"));
    this.code = code;
    this.status = status;
    this.faults = faults;
  }
}

export const address = (path) => API + path;

/**
 * Ask the API; its JSON, or null where there is none. `cookie` sends the session's along. With
 * `text`, the answer as it is, and the query of the `next` page, if there is one.
 */
export async function ask(method, path, { json, token, cookie = false, text = false } = {}) {
  const headers = { Accept: text ? "*/*" : "application/json" };
  if (json !== undefined) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;
  let response;
  try {
    response = await fetch(address(path), {
      method,
      headers,
      body: json === undefined ? undefined : JSON.stringify(json),
      credentials: cookie ? "include" : "omit",
      cache: "no-store",
    });
  } catch {
    throw new Refusal("offline");
  }
  const answer = await response.text();
  if (text && response.ok) return { text: answer, next: next(response) };
  return read(response.status, answer);
}

const next = (response) =>
  /^<(\?[^>]*)>; rel="next"$/.exec(response.headers.get("Link"))?.[1] ?? null;

/** What an answer says: its JSON, or its problem as a Refusal. */
export function read(status, text) {
  if (status < 300) return text ? JSON.parse(text) : null;
  throw refusal(status, text);
}

function refusal(status, text) {
  let problem = {};
  try {
    problem = JSON.parse(text);
  } catch {
    // A server between here and the API has its own words.
  }
  return new Refusal(problem.code ?? "internal_error", problem.detail, {
    status,
    faults: problem.errors ?? [],
  });
}
