"""Train the whole ensemble on one table of training records."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from heartsense.classifier.ensemble import Ensemble, SubModel
from heartsense.conditions import CONDITION_IDS
from heartsense.measurements import FEATURE_NAMES
from training.balance import Balance, balance
from training.features import Table
from training.fit.calibrate import fit_calibration
from training.fit.encoding import VOLTAGE_COLUMNS, encode, fit_encoder
from training.fit.members import LibraryMembers, fit_members, pack_forests, pack_mlaram, pack_svm
from training.fit.settings import Settings

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trained:
    """A served ensemble, the library-trained classifiers behind it, and how classes were cut."""

    ensemble: Ensemble
    members: tuple[LibraryMembers, ...]
    balance: Balance

    def library_scores(self, table: Table) -> Scores:
        """The library-trained classifiers' mean scores, shape (n, 3, labels)."""
        total = np.zeros((len(table), 3, table.labels.shape[1]))
        count = np.zeros(len(table))
        for branch, members in zip(self.ensemble.branches, self.members, strict=True):
            rows = _applies(branch, table)
            total[rows] += members.scores(encode(branch.encoder, table[rows]))
            count += rows
        return total / count[:, None, None]


def fit_ensemble(table: Table, settings: Settings | None = None) -> Trained:
    """Train the branches of shapes and of voltages and calibrate their vote.

    Only rows of `table` are looked at; calibration, votes and bands come from held-out scores
    of folds grouped by patient within it.
    """
    settings = settings or Settings()
    cut = balance(table.labels, settings.cap, settings.seed)
    table = table[cut.kept]
    held_out = _held_out_scores(table, settings)
    both = has_millivolts(table)
    calibrations = [fit_calibration(held_out[0], table.labels, settings.close_share)]
    if both.any():
        mean = held_out[:, both].mean(axis=0)
        calibrations.append(fit_calibration(mean, table.labels[both], settings.close_share))
    branches, members = zip(*fit_branches(table, settings), strict=True)
    return Trained(
        Ensemble(CONDITION_IDS, FEATURE_NAMES, branches, tuple(calibrations)), members, cut
    )


def fit_branches(table: Table, settings: Settings) -> list[tuple[SubModel, LibraryMembers]]:
    """The branch of shapes, from all rows, and that of voltages, from rows that have them."""
    branches = [_fit_branch(table, False, settings)]
    if has_millivolts(table).any():
        branches.append(_fit_branch(table[has_millivolts(table)], True, settings))
    return branches


def has_millivolts(table: Table) -> NDArray[np.bool_]:
    """Rows whose signal is in millivolts, shape (n,)."""
    return np.asarray(np.isfinite(table.signal[:, VOLTAGE_COLUMNS]).any(axis=1))


def branch_scores(branch: SubModel, table: Table) -> Scores:
    """Served scores of one branch, shape (n, 3, labels); NaN where it does not apply."""
    scores = np.full((len(table), 3, table.labels.shape[1]), np.nan)
    for row in np.flatnonzero(_applies(branch, table)):
        scores[row] = branch(table.features(int(row)))
    return scores


def _fit_branch(
    table: Table, voltages: bool, settings: Settings
) -> tuple[SubModel, LibraryMembers]:
    encoder = fit_encoder(table, voltages, settings)
    codes = encode(encoder, table)
    members = fit_members(codes, table.labels, settings)
    branch = SubModel(
        needs=VOLTAGE_COLUMNS if voltages else np.zeros(0, dtype=np.intp),
        encoder=encoder,
        forests=pack_forests(members.binary_relevance),
        mlaram=pack_mlaram(members.mlaram, members.columns),
        svm=pack_svm(members.svm, codes),
    )
    return branch, members


def _held_out_scores(table: Table, settings: Settings) -> Scores:
    """Scores by branches trained without the record's patient, shape (branches, n, 3, labels)."""
    held_out = np.full((2, len(table), 3, table.labels.shape[1]), np.nan)
    folds = GroupKFold(settings.folds, shuffle=True, random_state=settings.seed)
    for train, test in folds.split(table.embedding, groups=table.patient):
        for index, (branch, _) in enumerate(fit_branches(table[train], settings)):
            held_out[index, test] = branch_scores(branch, table[test])
    return held_out


def _applies(branch: SubModel, table: Table) -> NDArray[np.bool_]:
    rows = [branch.applies(table.features(row)) for row in range(len(table))]
    return np.array(rows, dtype=np.bool_)
