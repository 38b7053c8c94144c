// Figures in words.

import { number, t } from "/js/texts.js";

// Shares below which the word holds; the same as in the report's PDF.
const LIKELIHOODS = [
  [0.05, "very_unlikely"],
  [0.25, "unlikely"],
  [0.5, "rather_not"],
  [0.75, "rather"],
  [0.95, "likely"],
];

export function likelihood(probability) {
  const [, name] = LIKELIHOODS.find(([below]) => probability < below) ?? [1, "very_likely"];
  return t(`likelihood.${name}`);
}

export function percent(probability) {
  if (probability < 0.01) return t("percent.under");
  if (probability > 0.99) return t("percent.over");
  return t("percent.about", { share: number(probability * 100) });
}

/** The findings of a list's entry in a few words each. */
export const inShort = (findings) =>
  findings.map((id) => t(`conditions.short.${id}`)).join(", ");

export function quality(score) {
  return t(`quality.${score >= 0.75 ? "good" : score >= 0.45 ? "fair" : "poor"}`);
}
