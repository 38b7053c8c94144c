"""The original method at its best: the whole page, of one look, its classifiers tuned.

It takes ImageNet features of the page at 224x224. Where pages differ in layout and paper, these
tell papers apart better than conditions; so here every page has the same look.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold, GroupShuffleSplit

from training.evaluate.cross_validation import FOLDS, Predictions, fit_and_predict
from training.evaluate.metrics import macro_auroc
from training.features import Table
from training.fit.settings import FitSettings

CHOICES: Final = (
    FitSettings(views=32),
    FitSettings(views=128),
    FitSettings(views=128, svm_gamma=0.25, boosting_features=0.3),
)
"""Settings that each fold chooses from, on a quarter of its training patients."""


def original_method(pages: Table, jobs: int = 1) -> Predictions:
    """Held-out predictions in five folds by patient; `pages` have one look."""
    pages = replace(pages, embedding=pages.whole, signal=np.full_like(pages.signal, np.nan))
    folds = list(
        GroupKFold(FOLDS, shuffle=True, random_state=0).split(pages.record, groups=pages.patient)
    )
    parts = Parallel(n_jobs=jobs)(delayed(_fold)(pages, train, test) for train, test in folds)
    order = np.argsort(np.concatenate([test for _, test in folds]))
    return Predictions(
        *(
            np.concatenate([getattr(part, name) for part in parts])[order]
            for name in ("probability", "predicted", "tier")
        )
    )


def _fold(pages: Table, train: NDArray[np.intp], test: NDArray[np.intp]) -> Predictions:
    learned = pages[train]
    fit, tune = next(
        GroupShuffleSplit(1, test_size=0.25, random_state=0).split(
            learned.record, groups=learned.patient
        )
    )
    scores = [
        macro_auroc(
            learned.labels[tune],
            fit_and_predict(learned[fit], learned[tune], settings).probability,
        )
        for settings in CHOICES
    ]
    return fit_and_predict(learned, pages[test], CHOICES[int(np.argmax(scores))])
