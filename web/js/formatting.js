// Values of a result as text.

import { formatNumber, t } from "/js/i18n.js";

export function formatProbability(probability) {
  if (probability < 0.01) return t("percent.under");
  if (probability > 0.99) return t("percent.over");
  return formatPercent(probability);
}

export const formatPercent = (fraction) =>
  t("percent.about", { percent: formatNumber(fraction * 100) });

/** The image quality in a word, as the API grades it. */
export const qualityLabel = (label) => t(`quality.${label}`);
