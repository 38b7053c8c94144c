"""What scores mean: probabilities, votes and the band of uncertainty, from held-out scores."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from heartsense.classifier.ensemble import Calibration, link

Scores = NDArray[np.float64]
Labels = NDArray[np.bool_]


def fit_calibration(scores: Scores, labels: Labels, close_share: float) -> Calibration:
    """Learn a calibration.

    Parameters
    ----------
    scores : float64 array, shape (n, 3, labels)
        Scores of records by members that had not seen them.
    labels : bool array, shape (n, labels)
    close_share : float
        Records in the band of uncertainty, as a share of the label's positives.
    """
    linked = link(np.moveaxis(scores, 1, 0))
    members, count = scores.shape[1:]
    weights, bias = np.zeros((members, count)), np.zeros(count)
    low, high = np.zeros(count), np.ones(count)
    votes = np.zeros((members, count))
    for label in range(count):
        truth = labels[:, label]
        weights[:, label], bias[label] = logistic(linked[:, :, label].T, truth)
        logit = linked[:, :, label].T @ weights[:, label] + bias[label]
        low[label], high[label] = _band(logit, truth, close_share)
        votes[:, label] = [best_threshold(scores[:, m, label], truth) for m in range(members)]
    return Calibration(weights, bias, votes, low, high)


def logistic(
    scores: NDArray[np.float64], truth: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], float]:
    """Logistic regression whose weights are not negative, lightly held back towards 0.

    A member's score for a condition may count for nothing, but never against it. Returns the
    weights, shape (members,), and the bias.
    """

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logit = scores @ w[:-1] + w[-1]
        apart = expit(logit) - truth
        value = np.sum(np.logaddexp(0, logit) - truth * logit) + 0.5 * np.sum(w[:-1] ** 2)
        return float(value), np.append(scores.T @ apart + w[:-1], apart.sum())

    members = scores.shape[1]
    bounds = [(0.0, None)] * members + [(None, None)]
    found = minimize(loss, np.zeros(members + 1), jac=True, bounds=bounds, method="L-BFGS-B")
    return found.x[:-1], float(found.x[-1])


def best_threshold(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """The threshold above which calling a record positive gives the best F1."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    called = np.arange(1, len(order) + 1)
    f1 = 2 * hits / (called + truth.sum())
    ordered = scores[order]
    f1[:-1][ordered[:-1] == ordered[1:]] = -1  # no threshold lies between equal scores
    best = int(np.argmax(f1))
    below = ordered[best + 1] if best + 1 < len(ordered) else ordered[best] - 1
    return float((ordered[best] + below) / 2)


def _band(
    logit: NDArray[np.float64], truth: NDArray[np.bool_], close_share: float
) -> tuple[float, float]:
    """Probabilities round the best threshold that hold the closest of the held-out records."""
    threshold = best_threshold(logit, truth)
    close = min(round(close_share * float(truth.sum())), len(logit) - 1)
    reach = float(np.sort(np.abs(logit - threshold))[close])
    low, high = (1 / (1 + np.exp(-(threshold + side * reach))) for side in (-1, 1))
    return float(low), float(high)
