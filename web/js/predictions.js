// Predictions that are kept: asking for them and for their pictures.

import { asked } from "/js/session.js";

const FIRST_WAIT = 400;
const LONGEST_WAIT = 3000;
const PATIENCE = 120_000;
const LINK_FRESH = 240_000; // links work for five minutes

export const prediction = (id) => asked("GET", `/predictions/${encodeURIComponent(id)}`);

/** The prediction once it is no longer pending; still pending after two minutes. */
export async function finished(id) {
  const until = Date.now() + PATIENCE;
  for (let wait = FIRST_WAIT; ; wait = Math.min(wait * 1.4, LONGEST_WAIT)) {
    const found = await prediction(id);
    if (found.status !== "pending" || Date.now() > until) return found;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

export const remove = (id) => asked("DELETE", `/predictions/${encodeURIComponent(id)}`);

/** Addresses of a prediction's pictures by the names of views, asked for anew before they end. */
export function pictureAddresses(id) {
  const links = new Map();
  return (view) => {
    const [name, condition] = view.split(":");
    const query = condition ? `?condition=${encodeURIComponent(condition)}` : "";
    if (!links.has(view)) {
      links.set(view, linkTo(id, name + query));
      setTimeout(() => links.delete(view), LINK_FRESH);
    }
    return links.get(view);
  };
}

export async function signal(id) {
  const response = await fetch(await linkTo(id, "signal"));
  return response.json();
}

async function linkTo(id, what) {
  const { url } = await asked("GET", `/predictions/${encodeURIComponent(id)}/${what}`);
  return url;
}
