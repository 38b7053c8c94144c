// Texts, dates and numbers in the language of the page.

import messages from "/locales/en.js";

const LOCALE = "en-GB";

/** The text of a dotted key with its {placeholders} filled in; a list or a group as it is. */
export function t(key, values = {}) {
  const text = key.split(".").reduce((group, name) => group?.[name], messages);
  if (text === undefined) throw new Error(`There is no text "${key}".`);
  if (typeof text !== "string") return text;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export const hasText = (group, name) => Object.hasOwn(t(group), name);

/** Fill in the elements of the HTML that name a text. */
export function translatePage(root = document) {
  for (const element of root.querySelectorAll("[data-i18n]")) {
    element.textContent = t(element.dataset.i18n);
  }
  for (const element of root.querySelectorAll("[data-i18n-label]")) {
    element.setAttribute("aria-label", t(element.dataset.i18nLabel));
  }
}

const dateFormat = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "short" });

/** Format an ISO 8601 timestamp. */
export const formatDate = (timestamp) => dateFormat.format(new Date(timestamp));

export const formatNumber = (value, digits = 0) =>
  value.toLocaleString(LOCALE, { minimumFractionDigits: digits, maximumFractionDigits: digits });
