"""The original method at its best: the whole page, of one look, its classifiers tuned.

It takes ImageNet features of the page at 224x224. Where pages differ in layout and paper, these
tell papers apart better than conditions; so here every page has the same look.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.model_selection import GroupKFold, GroupShuffleSplit

from training.evaluate.cross_validation import Predictions
from training.evaluate.folds import Scores, calibrated
from training.evaluate.metrics import macro_auroc
from training.features import Table
from training.fit.ensemble import fit_submodels, submodel_scores
from training.fit.settings import FitSettings

CHOICES: Final = (FitSettings(views=32), FitSettings(views=128, svm_gamma=0.5))
"""Settings that each fold chooses from, on a quarter of its training patients."""


def original_method(pages: Table, folds: int) -> Predictions:
    """Held-out predictions by folds of patients; `pages` have one look."""
    pages = replace(pages, embedding=pages.whole, signal=np.full_like(pages.signal, np.nan))
    scores = np.zeros((len(pages), 3, pages.labels.shape[1]))
    of_fold = np.zeros(len(pages), dtype=np.intp)
    parts = GroupKFold(folds, shuffle=True, random_state=0).split(
        pages.record, groups=pages.patient
    )
    for number, (train, test) in enumerate(parts):
        learned = pages[train]
        scores[test] = _scores(learned, pages[test], _tuned(learned))
        of_fold[test] = number
    return calibrated(pages, scores, of_fold, folds)


def _tuned(learned: Table) -> FitSettings:
    fit, tune = next(
        GroupShuffleSplit(1, test_size=0.25, random_state=0).split(
            learned.record, groups=learned.patient
        )
    )
    truth = learned.labels[tune]
    found = [
        macro_auroc(truth, _mean_rank(_scores(learned[fit], learned[tune], settings)))
        for settings in CHOICES
    ]
    return CHOICES[int(np.argmax(found))]


def _scores(learned: Table, tested: Table, settings: FitSettings) -> Scores:
    ((submodel, _),) = fit_submodels(learned, settings)
    return submodel_scores(submodel, tested)


def _mean_rank(scores: Scores) -> NDArray[np.float64]:
    """One score for three classifiers whose scales differ, shape (n, labels)."""
    return np.asarray(rankdata(scores, axis=0).mean(axis=1))
