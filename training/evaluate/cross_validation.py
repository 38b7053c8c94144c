"""Out-of-fold predictions of every method, in five folds grouped by patient."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from rich.progress import track
from sklearn.model_selection import GroupKFold

from training.features import Table
from training.fit import FitSettings, fit_ensemble

FOLDS: Final = 5
Scores = NDArray[np.float64]
Labels = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Predictions:
    """Predictions of one method.

    ``probability`` float64, ``predicted`` (the majority's decision) bool and ``tier`` (indices into
    ``TIERS``) int, all of shape (n, 6). ``fold``, shape (n,), where it is known: which fold's model
    each record's come from, -1 for the mean of all.
    """

    probability: Scores
    predicted: Labels
    tier: NDArray[np.intp]
    fold: NDArray[np.intp] | None = None

    def __getitem__(self, rows: Labels | NDArray[np.intp]) -> "Predictions":
        fold = None if self.fold is None else self.fold[rows]
        return Predictions(self.probability[rows], self.predicted[rows], self.tier[rows], fold)


@dataclass(frozen=True, slots=True)
class EvaluationData:
    """Features for training and testing.

    ``train`` may hold further records, which are never tested. ``tested`` are the test records
    through pages; ``true_signal`` the same records, in the same order, from the true signal.
    """

    train: Table
    tested: Table
    true_signal: Table


Method = Callable[[EvaluationData, NDArray[np.bool_], NDArray[np.intp]], Predictions]
"""Data, training rows (mask over ``train``), test rows (indices) -> predictions of the latter."""


def splits(eval_data: EvaluationData, seed: int = 0) -> Iterator[tuple[Labels, NDArray[np.intp]]]:
    """Training rows (mask over ``train``) and test rows (indices into ``tested``).

    Folds are grouped by patient: no record of a test patient is trained on, from any source.
    """
    folds = GroupKFold(FOLDS, shuffle=True, random_state=seed)
    for _, test in folds.split(eval_data.tested.labels, groups=eval_data.tested.patient):
        yield ~np.isin(eval_data.train.patient, eval_data.tested.patient[test]), test


def cross_validate(eval_data: EvaluationData, method: Method, name: str, jobs: int) -> Predictions:
    """Out-of-fold predictions of all tested records: no model has seen the record's patient."""
    shape = eval_data.tested.labels.shape
    predictions = Predictions(np.zeros(shape), np.zeros(shape, np.bool_), np.zeros(shape, np.intp))
    folds = list(splits(eval_data))
    work = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(method)(eval_data, train, test) for train, test in folds
    )
    for part, (_, test) in track(zip(work, folds, strict=True), name, total=len(folds)):
        predictions.probability[test] = part.probability
        predictions.predicted[test] = part.predicted
        predictions.tier[test] = part.tier
    return predictions


def fit_and_predict(train: Table, test: Table, settings: FitSettings | None = None) -> Predictions:
    """Fit the ensemble on one table and predict another."""
    ensemble = fit_ensemble(train, settings or FitSettings()).ensemble
    outputs = [ensemble(test.features(row)) for row in range(len(test))]
    return Predictions(
        probability=np.array([output.probability for output in outputs]),
        predicted=np.array([output.majority for output in outputs]),
        tier=np.array([output.tier for output in outputs]),
    )
