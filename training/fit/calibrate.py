"""Calibration: probabilities, vote thresholds and the band of uncertainty."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from heartsense.classifier.ensemble import Calibration, link

Scores = NDArray[np.float64]
Labels = NDArray[np.bool_]


def fit_calibration(scores: Scores, labels: Labels, close_share: float) -> Calibration:
    """Fit a calibration to out-of-fold scores.

    Parameters
    ----------
    scores : float64 array, shape (n, 3, labels)
        Out-of-fold scores.
    labels : bool array, shape (n, labels)
    close_share : float
        Records in the band of uncertainty, as a fraction of the label's positives.
    """
    linked = link(np.moveaxis(scores, 1, 0))
    members, count = scores.shape[1:]
    weights, bias = np.zeros((members, count)), np.zeros(count)
    low, high = np.zeros(count), np.ones(count)
    votes = np.zeros((members, count))
    for label in range(count):
        truth = labels[:, label]
        weights[:, label], bias[label] = fit_logistic_regression(linked[:, :, label].T, truth)
        logit = linked[:, :, label].T @ weights[:, label] + bias[label]
        low[label], high[label] = _uncertainty_band(logit, truth, close_share)
        votes[:, label] = [best_f1_threshold(scores[:, m, label], truth) for m in range(members)]
    return Calibration(weights, bias, votes, low, high)


def fit_logistic_regression(
    scores: NDArray[np.float64], truth: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], float]:
    """Fit a logistic regression with non-negative weights and a small L2 penalty.

    This is Platt scaling of several scores at once. A classifier's score may have no weight for
    a condition, but never count against it.

    Parameters
    ----------
    scores : float64 array, shape (n, classifiers)
    truth : bool array, shape (n,)

    Returns
    -------
    weights : float64 array, shape (classifiers,)
    bias : float
    """

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logit = scores @ w[:-1] + w[-1]
        residual = expit(logit) - truth
        value = np.sum(np.logaddexp(0, logit) - truth * logit) + 0.5 * np.sum(w[:-1] ** 2)
        return float(value), np.append(scores.T @ residual + w[:-1], residual.sum())

    members = scores.shape[1]
    bounds = [(0.0, None)] * members + [(None, None)]
    found = minimize(loss, np.zeros(members + 1), jac=True, bounds=bounds, method="L-BFGS-B")
    return found.x[:-1], float(found.x[-1])


def best_f1_threshold(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """The threshold above which predicting positive gives the best F1."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    predicted = np.arange(1, len(order) + 1)
    f1 = 2 * hits / (predicted + truth.sum())
    ordered = scores[order]
    f1[:-1][ordered[:-1] == ordered[1:]] = -1  # equal scores cannot be separated
    best = int(np.argmax(f1))
    below = ordered[best + 1] if best + 1 < len(ordered) else ordered[best] - 1
    return float((ordered[best] + below) / 2)


def _uncertainty_band(
    logit: NDArray[np.float64], truth: NDArray[np.bool_], close_share: float
) -> tuple[float, float]:
    """Probabilities around the best threshold that enclose the records closest to it."""
    threshold = best_f1_threshold(logit, truth)
    close = min(round(close_share * float(truth.sum())), len(logit) - 1)
    reach = float(np.sort(np.abs(logit - threshold))[close])
    low, high = (1 / (1 + np.exp(-(threshold + side * reach))) for side in (-1, 1))
    return float(low), float(high)
