"""Fits the trees of one lead: each beat's class, then the conditions of the window."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import GroupKFold

from heartsense.classifier.gradient_boosting import GradientBoosting
from heartsense.classifier.strip.model import BEATS, FIBRILLATION
from heartsense.classifier.strip.window_features import (
    BEAT_CLASSES,
    WINDOW_FEATURE_NAMES,
    window_features,
)
from training.sources.record import NORMAL, SUPRAVENTRICULAR, VENTRICULAR
from training.strips.examples import Example, patients_of_beats
from training.strips.other_patients import OtherStrip

TARGETS: Final = (NORMAL, SUPRAVENTRICULAR, VENTRICULAR, FIBRILLATION)
"""What a window is tested for; the last is the rhythm (AFIB for at least half of the window)."""

FOLDS: Final = 4
_SEED: Final = 0
_NORMAL_SHARE: Final = 0.25
"""Share of the normal beats that are trained on: there are far more than needed."""

_BEAT_TREES: Final[dict[str, Any]] = {
    "max_iter": 80,
    "learning_rate": 0.1,
    "max_leaf_nodes": 12,
    "min_samples_leaf": 40,
    "l2_regularization": 5.0,
    "max_features": 0.3,
}
_WINDOW_TREES: Final[dict[str, Any]] = {
    "max_iter": 60,
    "learning_rate": 0.07,
    "max_leaf_nodes": 5,
    "min_samples_leaf": 40,
    "l2_regularization": 5.0,
    "max_features": 0.4,
}


@dataclass(frozen=True, slots=True, eq=False)
class FittedStrips:
    """The library's classifiers and the arrays that are served, by name."""

    classifiers: Mapping[str, HistGradientBoostingClassifier]
    trees: Mapping[str, GradientBoosting]


@dataclass(frozen=True, slots=True, eq=False)
class OutOfFold:
    """Predictions of windows by models that have not seen their patients.

    ``beats`` has an array a window, shape (beats, len(BEAT_CLASSES)); ``windows`` has shape
    (windows, len(TARGETS)), NaN where a window shows no beat.
    """

    beats: Sequence[NDArray[np.float64]]
    windows: NDArray[np.float64]


def targets_of(example: Example) -> NDArray[np.bool_]:
    """Truth of ``TARGETS``."""
    fibrillates = example.window.rhythms.get("AFIB", 0.0) >= 0.5
    labels = [target in example.window.labels for target in TARGETS[:-1]]
    return np.array([*labels, fibrillates])


def fit_strips(
    examples: Sequence[Example], others: Sequence[OtherStrip] = ()
) -> tuple[FittedStrips, OutOfFold]:
    """Fit on all examples; the window's trees learn from beats that were predicted out of fold.

    ``others`` train the window's trees, in every fold.
    """
    groups = np.array([example.window.patient for example in examples])
    beats = _out_of_fold_beats(examples, groups)
    rows, truth, known = _window_rows(examples, beats)
    classifiers = {BEATS: _fit_beats(examples)}
    other_rows, other_truth = _other_rows(others, classifiers[BEATS])
    windows = np.full((len(examples), len(TARGETS)), np.nan)
    for train, test in _folds(groups[known]):
        part = np.concatenate((rows[train], other_rows))
        part_truth = np.concatenate((truth[train], other_truth))
        for number in range(len(TARGETS)):
            model = _fit_window(part, part_truth[:, number])
            windows[known[test], number] = model.predict_proba(rows[test])[:, 1]
    rows, truth = np.concatenate((rows, other_rows)), np.concatenate((truth, other_truth))
    for number, target in enumerate(TARGETS):
        classifiers[target] = _fit_window(rows, truth[:, number])
    trees = {name: served(model) for name, model in classifiers.items()}
    return FittedStrips(classifiers, trees), OutOfFold(beats, windows)


def _folds(groups: NDArray[np.str_]) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    return list(GroupKFold(FOLDS).split(groups, groups=groups))


def _out_of_fold_beats(
    examples: Sequence[Example], groups: NDArray[np.str_]
) -> list[NDArray[np.float64]]:
    predicted: list[NDArray[np.float64]] = [np.zeros((0, len(BEAT_CLASSES)))] * len(examples)
    for train, test in _folds(groups):
        model = _fit_beats([examples[i] for i in train])
        for i in test:
            if len(examples[i].features):
                predicted[i] = model.predict_proba(examples[i].features)
    return predicted


def _fit_beats(examples: Sequence[Example]) -> HistGradientBoostingClassifier:
    features = np.concatenate([example.features for example in examples])
    classes = np.concatenate([example.classes for example in examples])
    patients = patients_of_beats(examples)
    rng = np.random.default_rng(_SEED)
    few = (classes != "N") | (rng.random(len(classes)) < _NORMAL_SHARE)
    kept = few & np.isin(classes, BEAT_CLASSES)
    features, classes, patients = features[kept], classes[kept], patients[kept]
    weight = _weights(classes, patients)
    model = HistGradientBoostingClassifier(random_state=_SEED, early_stopping=False, **_BEAT_TREES)
    model.fit(features, classes, sample_weight=weight)
    if tuple(model.classes_) != BEAT_CLASSES:
        raise ValueError(f"the beats are of classes {model.classes_}, not {BEAT_CLASSES}")
    return model


def _weights(classes: NDArray[np.str_], patients: NDArray[np.str_]) -> NDArray[np.float64]:
    """Weights of beats: classes count by the square root of their beats, and in each its patients.

    Most ventricular beats are of a few patients, whose shapes are not those of others.
    """
    weight = np.zeros(len(classes))
    for letter in BEAT_CLASSES:
        of_class = classes == letter
        _, patient, counts = np.unique(patients[of_class], return_inverse=True, return_counts=True)
        shares = 1 / np.sqrt(counts[patient])
        total = np.sqrt(len(classes) * int(of_class.sum()))
        weight[of_class] = total * shares / shares.sum()
    return weight


def _window_rows(
    examples: Sequence[Example], beats: Sequence[NDArray[np.float64]]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    """Features and truth (1 or 0) of the windows with beats, and their numbers."""
    known = [i for i, example in enumerate(examples) if len(example.features)]
    rows = [
        window_features(lead, examples[i].features, beats[i])
        for i in known
        if (lead := examples[i].lead) is not None
    ]
    truth = [targets_of(examples[i]) for i in known]
    return np.array(rows), np.array(truth, dtype=np.float64), np.array(known, dtype=np.intp)


def _other_rows(
    others: Sequence[OtherStrip], beats: HistGradientBoostingClassifier
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same of other patients' strips, whose beats the model has not learned from."""
    rows = [window_features(o.lead, o.features, beats.predict_proba(o.features)) for o in others]
    return (
        np.array(rows).reshape(len(others), len(WINDOW_FEATURE_NAMES)),
        np.array([o.truth for o in others]).reshape(len(others), len(TARGETS)),
    )


def _fit_window(
    rows: NDArray[np.float64], truth: NDArray[np.float64]
) -> HistGradientBoostingClassifier:
    """Fit one target; rows whose truth is NaN are left out."""
    model = HistGradientBoostingClassifier(
        random_state=_SEED, early_stopping=False, **_WINDOW_TREES
    )
    known = np.isfinite(truth)
    return model.fit(rows[known], truth[known] > 0)


def served(model: HistGradientBoostingClassifier) -> GradientBoosting:
    """The arrays of a fitted classifier."""
    trees = [tree for stage in model._predictors for tree in stage]
    starts = np.cumsum([0, *(len(tree.nodes) for tree in trees)])
    nodes = np.concatenate([tree.nodes for tree in trees])
    shift = np.repeat(starts[:-1], [len(tree.nodes) for tree in trees])
    leaf = nodes["is_leaf"].astype(bool)
    return GradientBoosting(
        baseline=np.asarray(model._baseline_prediction, dtype=np.float64).ravel(),
        roots=starts[:-1].astype(np.int32).reshape(len(model._predictors), -1),
        feature=np.where(leaf, -1, nodes["feature_idx"]).astype(np.int16),
        threshold=nodes["num_threshold"].astype(np.float64),
        missing_left=nodes["missing_go_to_left"].astype(bool),
        left=np.where(leaf, 0, nodes["left"] + shift).astype(np.int32),
        right=np.where(leaf, 0, nodes["right"] + shift).astype(np.int32),
        value=nodes["value"].astype(np.float64),
    )
