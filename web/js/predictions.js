// Stored predictions: their status, result, images and signal.

import { authorizedRequest } from "/js/session.js";

const FIRST_POLL_MS = 400;
const MAX_POLL_MS = 3000;
const POLL_BACKOFF = 1.4;
const POLL_TIMEOUT_MS = 120_000;
const URL_LIFETIME_MS = 240_000; // the API's presigned URLs expire after five minutes

const path = (id) => `/predictions/${encodeURIComponent(id)}`;

export const getPrediction = (id) => authorizedRequest("GET", path(id));

export const deletePrediction = (id) => authorizedRequest("DELETE", path(id));

export const withdrawConsent = (id) => authorizedRequest("DELETE", `${path(id)}/training-consent`);

/** Poll until the prediction is no longer pending; after two minutes, return it pending. */
export async function waitForPrediction(id) {
  const deadline = Date.now() + POLL_TIMEOUT_MS;
  for (let delay = FIRST_POLL_MS; ; delay = Math.min(delay * POLL_BACKOFF, MAX_POLL_MS)) {
    const prediction = await getPrediction(id);
    if (prediction.status !== "pending" || Date.now() > deadline) return prediction;
    await new Promise((resolve) => {
      setTimeout(resolve, delay);
    });
  }
}

/** A function from a view's id to its image's presigned URL, renewed before it expires. */
export function imageUrls(id) {
  const cache = new Map();
  return (view) => {
    const [name, condition] = view.split(":");
    const query = condition ? `?condition=${encodeURIComponent(condition)}` : "";
    if (!cache.has(view)) {
      cache.set(view, presignedUrl(id, name + query));
      setTimeout(() => cache.delete(view), URL_LIFETIME_MS);
    }
    return cache.get(view);
  };
}

export async function getSignal(id) {
  const response = await fetch(await presignedUrl(id, "signal"));
  return response.json();
}

async function presignedUrl(id, resource) {
  const { url } = await authorizedRequest("GET", `${path(id)}/${resource}`);
  return url;
}
