"""The released method in folds of patients: its sub-models, and what they say of held-out patients.

The sub-models of a fold are kept, so an interrupted evaluation goes on where it stopped.
"""

import hashlib
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from sklearn.model_selection import GroupKFold

import heartsense
from heartsense.classifier.ensemble import Ensemble, SubModel
from heartsense.conditions import CONDITION_IDS
from heartsense.measurements import FEATURE_NAMES
from training import BUILD_DIR, REPO_DIR
from training.evaluate.cross_validation import FOLDS, Predictions
from training.features import Table
from training.fit.calibrate import fit_calibration
from training.fit.ensemble import fit_submodels, has_millivolts, submodel_scores
from training.fit.settings import FitSettings
from training.fit.tiers import database_of
from training.records import EXTERNAL_SOURCES

Flags = NDArray[np.bool_]
Scores = NDArray[np.float64]

LEARNED: Final = "shown"
"""The way in which records reach the model while it is trained."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Sub-models, and the patients that they have not seen."""

    held_out: NDArray[np.str_]
    submodels: tuple[SubModel, ...]

    def scores(self, table: Table) -> Scores:
        """Mean scores of the sub-models, shape (n, 3, labels); all of them apply to millivolts."""
        scores = [submodel_scores(submodel, table) for submodel in self.submodels]
        return np.asarray(np.nanmean(scores, axis=0))


@dataclass(frozen=True, slots=True)
class Held:
    """Records, and what is said of them by models that have not seen their patients."""

    table: Table
    scores: Scores
    predictions: Predictions

    def __getitem__(self, rows: Flags | NDArray[np.intp]) -> "Held":
        return Held(self.table[rows], self.scores[rows], self.predictions[rows])


def fit_folds(train: Table, count: int = FOLDS, settings: FitSettings | None = None) -> list[Fold]:
    """Sub-models of folds of the patients whose ECGs are in millivolts.

    Records of `EXTERNAL_SOURCES`, and all of their patients, are in no fold's training.

    Parameters
    ----------
    train : Table
        All records, as one or several pages show them.
    count : int
        Folds.
    settings : FitSettings, optional
    """
    settings = settings or FitSettings()
    kept = BUILD_DIR / "evaluation" / f"{count}-folds-{_digest(train, settings)}"
    kept.mkdir(parents=True, exist_ok=True)
    train = train[~np.isin(train.patient, train.patient[is_external(train)])]
    patients = np.unique(train.patient[has_millivolts(train)])
    parts = GroupKFold(count, shuffle=True, random_state=settings.seed).split(
        patients, groups=patients
    )
    folds = []
    for number, (_, test) in track(enumerate(parts), "folds", total=count):
        file = kept / f"{number}.pkl"
        if not file.is_file():
            learned = train[~np.isin(train.patient, patients[test])]
            submodels = tuple(submodel for submodel, _ in fit_submodels(learned, settings))
            draft = file.with_suffix(".partial")
            draft.write_bytes(pickle.dumps(Fold(patients[test], submodels)))
            draft.rename(file)
        folds.append(pickle.loads(file.read_bytes()))
    return folds


def is_external(table: Table) -> Flags:
    """Rows of collections that the evaluation's models are not trained on."""
    return np.isin(table.source, EXTERNAL_SOURCES)


def predict(folds: Sequence[Fold], learned: Table, tables: Mapping[str, Table]) -> dict[str, Held]:
    """What models say of held-out records, by the way in which the records reach them.

    A fold's calibration is fitted to held-out scores of the other folds' patients. Records of
    patients that are in no fold get the mean of all folds.

    Parameters
    ----------
    folds : sequence of Fold
    learned : Table
        All records, as a page shows them; what calibrations are fitted to.
    tables : mapping of str to Table
        Further ways; each with records of any patients.

    Returns
    -------
    dict
        ``LEARNED`` and the names of `tables`; records without millivolts are left out.
    """
    learned = learned[has_millivolts(learned)]
    scores = {LEARNED: _scores(folds, learned)}
    tables = {LEARNED: learned, **tables}
    found = {}
    judges = _judges(learned, *scores[LEARNED], len(folds))
    for name, table in tables.items():
        mean, of_fold = scores.get(name) or _scores(folds, table)
        found[name] = Held(table, mean, _predictions(judges, mean, of_fold))
    return found


def fold_judges(folds: Sequence[Fold], learned: Table) -> list[Ensemble]:
    """For each fold an ensemble without sub-models, calibrated to the other folds' scores.

    All rows of ``learned`` are in millivolts.
    """
    return _judges(learned, *_scores(folds, learned), len(folds))


def calibrated(table: Table, scores: Scores, of_fold: NDArray[np.intp], folds: int) -> Predictions:
    """Predictions from held-out scores, each fold's by a calibration to the other folds."""
    return _predictions(_judges(table, scores, of_fold, folds), scores, of_fold)


def _scores(folds: Sequence[Fold], table: Table) -> tuple[Scores, NDArray[np.intp]]:
    """Held-out scores, and the fold that each record's come from; -1 for the mean of all."""
    scores = np.zeros((len(table), 3, len(CONDITION_IDS)))
    of_fold = np.full(len(table), -1)
    for number, fold in enumerate(folds):
        of_fold[np.isin(table.patient, fold.held_out)] = number
    for number, fold in enumerate(folds):
        rows = of_fold == number
        scores[rows] = fold.scores(table[rows])
        scores[of_fold < 0] += fold.scores(table[of_fold < 0]) / len(folds)
    return scores, of_fold


def _judges(table: Table, scores: Scores, of_fold: NDArray[np.intp], folds: int) -> list[Ensemble]:
    """For each fold an ensemble without sub-models, calibrated to the other folds' scores."""
    judges = []
    for fold in range(folds):
        rows = (of_fold != fold) & (of_fold >= 0)
        learned = table[rows]
        calibration = fit_calibration(
            scores[rows], learned.labels, database_of(learned.source), learned.patient
        )
        judges.append(Ensemble(CONDITION_IDS, FEATURE_NAMES, (), (calibration,)))
    return judges


def _predictions(
    judges: Sequence[Ensemble], scores: Scores, of_fold: NDArray[np.intp]
) -> Predictions:
    """Records of no fold are judged with the first fold's calibration: all are much alike."""
    outputs = [
        judges[max(fold, 0)].judge(row, 1) for row, fold in zip(scores, of_fold, strict=True)
    ]
    shape = (len(scores), len(CONDITION_IDS))
    return Predictions(
        probability=np.array([o.probability for o in outputs]).reshape(shape),
        predicted=np.array([o.majority for o in outputs], dtype=np.bool_).reshape(shape),
        tier=np.array([o.tier for o in outputs], dtype=np.intp).reshape(shape),
        fold=of_fold,
    )


def _digest(train: Table, settings: FitSettings) -> str:
    """Changes with all that the sub-models depend on."""
    digest = hashlib.sha256(repr(settings).encode())
    for values in (train.record, train.patient, train.labels, train.embedding, train.signal):
        digest.update(np.ascontiguousarray(values).tobytes())
    served = Path(heartsense.__file__).parent / "classifier"
    fitted = REPO_DIR / "training" / "fit"
    files = [served / "encoder.py", served / "members.py", served / "ensemble.py"]
    names = ("encoding.py", "ensemble.py", "members.py", "settings.py", "weights.py")
    for file in [*files, *(fitted / name for name in names)]:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
