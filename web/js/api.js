// HTTP requests to the API.

import { API } from "/config.js";
import { hasText, t } from "/js/i18n.js";

/** A failed request: a stable error code and a message for the user. */
export class ApiError extends Error {
  constructor(code, detail, { status = 0, fieldErrors = [] } = {}) {
    super(
      hasText("problems", code) ? t(`problems.${code}`) : detail || t("problems.internal_error"),
    );
    this.code = code;
    this.status = status;
    this.fieldErrors = fieldErrors;
  }
}

export const apiUrl = (path) => API + path;

/**
 * Send a request; returns the response's JSON, or null if it has no body. Throws ApiError.
 *
 * `cookie` sends the session cookie along. With `text`, returns the body as text and the query
 * string of the `next` page, or null on the last page.
 */
export async function request(method, path, { json, token, cookie = false, text = false } = {}) {
  const headers = { Accept: text ? "*/*" : "application/json" };
  if (json !== undefined) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;
  const response = await send(path, {
    method,
    headers,
    body: json === undefined ? undefined : JSON.stringify(json),
    credentials: cookie ? "include" : "omit",
    cache: "no-store",
  });
  const body = await response.text();
  if (text && response.ok) return { text: body, next: nextPage(response) };
  return parseResponse(response.status, body);
}

/** A request that only reads is tried twice: the network may just have changed. */
async function send(path, options, tries = options.method === "GET" ? 2 : 1) {
  try {
    return await fetch(apiUrl(path), options);
  } catch {
    if (tries === 1) throw new ApiError("offline");
    return send(path, options, tries - 1);
  }
}

const nextPage = (response) =>
  /^<(\?[^>]*)>; rel="next"$/.exec(response.headers.get("Link"))?.[1] ?? null;

/** The JSON of a successful response; throws ApiError for any other. */
export function parseResponse(status, body) {
  if (status < 300) return body ? JSON.parse(body) : null;
  throw parseProblem(status, body);
}

function parseProblem(status, body) {
  let problem = {};
  try {
    problem = JSON.parse(body);
  } catch {
    // A proxy between the page and the API may answer with something else than JSON.
  }
  return new ApiError(problem.code ?? "internal_error", problem.detail, {
    status,
    fieldErrors: problem.errors ?? [],
  });
}
