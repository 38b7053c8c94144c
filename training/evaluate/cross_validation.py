"""Out-of-fold predictions of every method, in five folds grouped by patient."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from rich.progress import track
from sklearn.ensemble import ExtraTreesClassifier
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
    ``TIERS``) int, all of shape (n, 6).
    """

    probability: Scores
    predicted: Labels
    tier: NDArray[np.intp]

    def __getitem__(self, rows: Labels | NDArray[np.intp]) -> "Predictions":
        return Predictions(self.probability[rows], self.predicted[rows], self.tier[rows])


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


def released_method(
    eval_data: EvaluationData, train: Labels, test: NDArray[np.intp]
) -> Predictions:
    """The released method, trained on the fold's training records."""
    return fit_and_predict(eval_data.train[train], eval_data.tested[test])


def whole_page_baseline(
    eval_data: EvaluationData, train: Labels, test: NDArray[np.intp]
) -> Predictions:
    """The original method: image features of the whole page at 224x224, the same classifiers.

    It is trained and tested on pages that are not digitized.
    """
    rows = np.isin(eval_data.tested.patient, eval_data.train.patient[train])
    return fit_and_predict(
        _whole_pages(eval_data.tested[rows]), _whole_pages(eval_data.tested[test])
    )


def true_signal_baseline(
    eval_data: EvaluationData, train: Labels, test: NDArray[np.intp]
) -> Predictions:
    """Signal features of the true signal and extremely randomised trees: no page at all."""
    rows = np.isin(eval_data.true_signal.patient, eval_data.train.patient[train])
    trained, tested = eval_data.true_signal[rows], eval_data.true_signal[test]
    medians = np.nan_to_num(np.nanmedian(trained.signal, axis=0))
    probability = np.zeros(tested.labels.shape)
    for label in range(tested.labels.shape[1]):
        trees = ExtraTreesClassifier(400, min_samples_leaf=2, random_state=0)
        trees.fit(_imputed(trained.signal, medians), trained.labels[:, label])
        probability[:, label] = trees.predict_proba(_imputed(tested.signal, medians))[:, 1]
    predicted = probability >= 0.5
    return Predictions(probability, predicted, 2 * predicted.astype(np.intp))


def fit_and_predict(train: Table, test: Table, settings: FitSettings | None = None) -> Predictions:
    """Fit the ensemble on one table and predict another."""
    ensemble = fit_ensemble(train, settings or FitSettings()).ensemble
    outputs = [ensemble(test.features(row)) for row in range(len(test))]
    return Predictions(
        probability=np.array([output.probability for output in outputs]),
        predicted=np.array([output.majority for output in outputs]),
        tier=np.array([output.tier for output in outputs]),
    )


def _whole_pages(table: Table) -> Table:
    """The same records with the image features of their whole pages only."""
    return replace(table, embedding=table.whole, signal=np.full_like(table.signal, np.nan))


def _imputed(values: Scores, medians: Scores) -> Scores:
    return np.where(np.isfinite(values), values, medians)
