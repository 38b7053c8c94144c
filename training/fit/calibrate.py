"""Calibration: probabilities, vote thresholds and tiers."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from heartsense.classifier.ensemble import Calibration, majority_of
from heartsense.conditions import CONDITION_IDS
from training.fit.tiers import Scored, fit_tiers, measure_tiers

Scores = NDArray[np.float64]
Labels = NDArray[np.bool_]


def fit_calibration(
    scores: Scores,
    labels: Labels,
    source: NDArray[np.str_],
    patient: NDArray[np.str_],
    ids: tuple[str, ...] = CONDITION_IDS,
) -> Calibration:
    """Fit a calibration to out-of-fold scores.

    Parameters
    ----------
    scores : float64 array, shape (n, 3, labels)
        Out-of-fold scores.
    labels : bool array, shape (n, labels)
    source, patient : str arrays, shape (n,)
        The tiers are learned so that they hold on each source.
    ids : tuple of str
        The conditions that the labels stand for.
    """
    members, count = scores.shape[1:]
    weights, bias = np.zeros((members, count)), np.zeros(count)
    votes = np.zeros((members, count))
    for label in range(count):
        truth = labels[:, label]
        weights[:, label], bias[label] = fit_logistic_regression(scores[:, :, label], truth)
        votes[:, label] = [best_f1_threshold(scores[:, m, label], truth) for m in range(members)]
    unset = Calibration(weights, bias, votes, np.ones(count), np.zeros(count), ())
    majority = majority_of(scores > votes)
    scored = Scored(unset.probability(scores), majority, labels, source, patient, ids)
    likely, possible = fit_tiers(scored)
    return replace(unset, likely=likely, possible=possible, tier_means=measure_tiers(scored))


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
