"""Fit the ensemble to one table of training records."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from heartsense.classifier.ensemble import Calibration, Ensemble, SubModel
from heartsense.conditions import CONDITION_IDS
from heartsense.measurements import FEATURE_NAMES
from training.features import Table
from training.fit.calibrate import fit_calibration
from training.fit.encoding import VOLTAGE_COLUMNS, encode, fit_encoder
from training.fit.members import (
    LibraryClassifiers,
    export_boosting,
    export_mlaram,
    export_svm,
    fit_classifiers,
)
from training.fit.settings import FitSettings
from training.fit.tiers import database_of
from training.fit.weights import label_weights
from training.undersampling import Balance, undersample

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TrainedEnsemble:
    """The ensemble, the library classifiers that it was exported from, and the undersampling."""

    ensemble: Ensemble
    classifiers: tuple[LibraryClassifiers, ...]
    balance: Balance

    def library_scores(self, table: Table) -> Scores:
        """Mean scores of the library classifiers, shape (n, 3, labels)."""
        total = np.zeros((len(table), 3, table.labels.shape[1]))
        count = np.zeros(len(table))
        for submodel, classifiers in zip(self.ensemble.submodels, self.classifiers, strict=True):
            rows = _applicable_rows(submodel, table)
            total[rows] += classifiers.scores(encode(submodel.encoder, table[rows]))
            count += rows
        return total / count[:, None, None]


def fit_ensemble(
    table: Table, settings: FitSettings | None = None, ids: tuple[str, ...] = CONDITION_IDS
) -> TrainedEnsemble:
    """Undersample, fit the shape and the voltage sub-model, calibrate them.

    The calibration is fitted to out-of-fold scores of each record's first row; the folds are
    grouped by patient. ``ids`` are the conditions that the table's labels stand for.
    """
    settings = settings or FitSettings()
    first = table[table.firsts]
    balanced = undersample(first.labels, settings.cap, settings.seed)
    first = first[balanced.kept]
    table = table[np.isin(table.record, first.record)]
    out_of_fold = out_of_fold_scores(table, settings)
    both = has_millivolts(first)
    calibrations = [_fit_calibration(out_of_fold[0], first, ids)]
    if both.any():
        calibrations.append(_fit_calibration(out_of_fold[:, both].mean(axis=0), first[both], ids))
    submodels, classifiers = zip(*fit_submodels(table, settings), strict=True)
    return TrainedEnsemble(
        Ensemble(ids, FEATURE_NAMES, submodels, tuple(calibrations)),
        classifiers,
        balanced,
    )


def _fit_calibration(scores: Scores, table: Table, ids: tuple[str, ...]) -> Calibration:
    return fit_calibration(scores, table.labels, database_of(table.source), table.patient, ids)


def fit_submodels(table: Table, settings: FitSettings) -> list[tuple[SubModel, LibraryClassifiers]]:
    """Fit the shape sub-model to all rows, the voltage sub-model to rows with millivolts."""
    submodels = [_fit_submodel(table, False, settings)]
    if has_millivolts(table).any():
        submodels.append(_fit_submodel(table[has_millivolts(table)], True, settings))
    return submodels


def has_millivolts(table: Table) -> NDArray[np.bool_]:
    """Rows whose signal is in millivolts, shape (n,)."""
    return np.asarray(np.isfinite(table.signal[:, VOLTAGE_COLUMNS]).any(axis=1))


def submodel_scores(submodel: SubModel, table: Table) -> Scores:
    """Scores of one sub-model, shape (n, 3, labels); NaN where it does not apply."""
    scores = np.full((len(table), 3, table.labels.shape[1]), np.nan)
    for row in np.flatnonzero(_applicable_rows(submodel, table)):
        scores[row] = submodel(table.features(int(row)))
    return scores


def _fit_submodel(
    table: Table, voltages: bool, settings: FitSettings
) -> tuple[SubModel, LibraryClassifiers]:
    encoder = fit_encoder(table[table.firsts], voltages, settings)
    codes = encode(encoder, table)
    weights = label_weights(table, settings) * table.shares[:, None]
    classifiers = fit_classifiers(codes, table.labels, weights, settings, table.firsts)
    submodel = SubModel(
        needs=VOLTAGE_COLUMNS if voltages else np.zeros(0, dtype=np.intp),
        encoder=encoder,
        boosting=export_boosting(classifiers.boosting),
        mlaram=export_mlaram(classifiers.mlaram, classifiers.columns),
        svm=export_svm(classifiers.svm, codes[table.firsts]),
    )
    return submodel, classifiers


def out_of_fold_scores(table: Table, settings: FitSettings) -> Scores:
    """Scores of first rows by models that have not seen the patient, shape (2, n, 3, labels)."""
    first = table[table.firsts]
    out_of_fold = np.full((2, len(first), 3, table.labels.shape[1]), np.nan)
    folds = GroupKFold(settings.folds, shuffle=True, random_state=settings.seed)
    for _, test in folds.split(first.embedding, groups=first.patient):
        train = ~np.isin(table.patient, first.patient[test])
        for index, (submodel, _) in enumerate(fit_submodels(table[train], settings)):
            out_of_fold[index, test] = submodel_scores(submodel, first[test])
    return out_of_fold


def _applicable_rows(submodel: SubModel, table: Table) -> NDArray[np.bool_]:
    rows = [submodel.applies(table.features(row)) for row in range(len(table))]
    return np.array(rows, dtype=np.bool_)
