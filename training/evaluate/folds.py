"""Five folds by patient: what each method says of records it has not seen."""

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
from training.fit import Settings, fit_ensemble

FOLDS: Final = 5
Scores = NDArray[np.float64]
Labels = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a method says of every test record.

    ``probability`` float64, ``called`` (the vote's decision) and ``unsure`` bool, shape (n, 6).
    """

    probability: Scores
    called: Labels
    unsure: Labels

    def __getitem__(self, rows: Labels | NDArray[np.intp]) -> "Outcome":
        return Outcome(self.probability[rows], self.called[rows], self.unsure[rows])


@dataclass(frozen=True, slots=True)
class Material:
    """Features of the records on each way, the tested ones in the same order in all.

    ``train`` may hold further records, which are never tested. ``tested`` are records through
    pictures; ``exact`` the same ones from the true signal.
    """

    train: Table
    tested: Table
    exact: Table


Method = Callable[[Material, NDArray[np.bool_], NDArray[np.intp]], Outcome]
"""Material, training rows of ``train``, test rows of ``tested`` -> outcome of the test rows."""


def splits(material: Material, seed: int = 0) -> Iterator[tuple[Labels, NDArray[np.intp]]]:
    """Training rows (mask over ``train``) and test rows (indices into ``tested``).

    Folds are grouped by patient; nobody in the test fold is trained on, from whatever source.
    """
    folds = GroupKFold(FOLDS, shuffle=True, random_state=seed)
    for _, test in folds.split(material.tested.labels, groups=material.tested.patient):
        yield ~np.isin(material.train.patient, material.tested.patient[test]), test


def cross_validate(material: Material, method: Method, name: str, jobs: int) -> Outcome:
    """Outcomes of all tested records, each by a model that has not seen its patient."""
    shape = material.tested.labels.shape
    outcome = Outcome(np.zeros(shape), np.zeros(shape, np.bool_), np.zeros(shape, np.bool_))
    folds = list(splits(material))
    work = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(method)(material, train, test) for train, test in folds
    )
    for part, (_, test) in track(zip(work, folds, strict=True), name, total=len(folds)):
        outcome.probability[test] = part.probability
        outcome.called[test] = part.called
        outcome.unsure[test] = part.unsure
    return outcome


def released_method(material: Material, train: Labels, test: NDArray[np.intp]) -> Outcome:
    """The ensemble as it is released, trained on the fold's training records."""
    return ensemble_outcome(material.train[train], material.tested[test])


def original_method(material: Material, train: Labels, test: NDArray[np.intp]) -> Outcome:
    """The original method: the whole page at 224x224, the same network and classifiers.

    It is trained on pages and sees pages only: no signal is read off them.
    """
    rows = np.isin(material.tested.patient, material.train.patient[train])
    return ensemble_outcome(_pages(material.tested[rows]), _pages(material.tested[test]))


def exact_method(material: Material, train: Labels, test: NDArray[np.intp]) -> Outcome:
    """Measurements of the true signal and extremely randomised trees: no picture at all."""
    rows = np.isin(material.exact.patient, material.train.patient[train])
    trained, tested = material.exact[rows], material.exact[test]
    middle = np.nan_to_num(np.nanmedian(trained.signal, axis=0))
    probability = np.zeros(tested.labels.shape)
    for label in range(tested.labels.shape[1]):
        trees = ExtraTreesClassifier(400, min_samples_leaf=2, random_state=0)
        trees.fit(_filled(trained.signal, middle), trained.labels[:, label])
        probability[:, label] = trees.predict_proba(_filled(tested.signal, middle))[:, 1]
    called = probability >= 0.5
    return Outcome(probability, called, np.zeros_like(called))


def ensemble_outcome(train: Table, test: Table, settings: Settings | None = None) -> Outcome:
    """Train the ensemble on one table and ask it about another."""
    ensemble = fit_ensemble(train, settings or Settings()).ensemble
    answers = [ensemble(test.features(row)) for row in range(len(test))]
    return Outcome(
        probability=np.array([answer.probability for answer in answers]),
        called=np.array([answer.majority for answer in answers]),
        unsure=np.array([~(answer.present | answer.absent) for answer in answers]),
    )


def _pages(table: Table) -> Table:
    """The same records with nothing but the picture features of their whole pages."""
    return replace(table, embedding=table.whole, signal=np.full_like(table.signal, np.nan))


def _filled(values: Scores, middle: Scores) -> Scores:
    return np.where(np.isfinite(values), values, middle)
