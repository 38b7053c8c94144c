// Values of a result as text.

import { formatNumber, t } from "/js/i18n.js";

// Upper limits of the probability for each label, as in the PDF report.
const LIKELIHOODS = [
  [0.05, "very_unlikely"],
  [0.25, "unlikely"],
  [0.5, "rather_not"],
  [0.75, "rather"],
  [0.95, "likely"],
];

export function likelihoodLabel(probability) {
  const [, name] = LIKELIHOODS.find(([limit]) => probability < limit) ?? [1, "very_likely"];
  return t(`likelihood.${name}`);
}

export function formatProbability(probability) {
  if (probability < 0.01) return t("percent.under");
  if (probability > 0.99) return t("percent.over");
  return formatPercent(probability);
}

export const formatPercent = (fraction) =>
  t("percent.about", { percent: formatNumber(fraction * 100) });

/** The findings of a list entry in a few words each. */
export const findingsSummary = (findings) =>
  findings.map((id) => t(`conditions.short.${id}`)).join(", ");

/** The image quality in a word, as the API grades it. */
export const qualityLabel = (label) => t(`quality.${label}`);
