// Every text a person reads comes from one file a language.

import words from "/texts/en.js";

export const language = "en";

/** The text of a dotted key, with {names} replaced; a list or a group as it is. */
export function t(key, values = {}) {
  const text = key.split(".").reduce((node, name) => node?.[name], words);
  if (text === undefined) throw new Error(`There is no text "${key}".`);
  if (typeof text !== "string") return text;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export const has = (group, name) => Object.hasOwn(t(group), name);

/** Put the texts into markup that names them. */
export function fill(root = document) {
  for (const node of root.querySelectorAll("[data-text]")) {
    node.textContent = t(node.dataset.text);
  }
  for (const node of root.querySelectorAll("[data-label]")) {
    node.setAttribute("aria-label", t(node.dataset.label));
  }
}

const day = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });

export const date = (text) => day.format(new Date(text));

export const number = (value, digits = 0) =>
  value.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
