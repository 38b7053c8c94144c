"""Metrics of the methods by source, and the figures of ``docs/results.md``."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from heartsense.classifier.ensemble import TIERS
from heartsense.conditions import CONDITION_IDS, condition
from training.evaluate.cross_validation import Predictions
from training.evaluate.metrics import (
    Interval,
    bootstrap,
    bootstrap_within_folds,
    calibration_error,
    score_conditions,
)
from training.features import Table

mpl.use("Agg")
from matplotlib import pyplot as plt

POOLED: Final = "pooled"
SOURCES: Final = {"ptbxl-first500": "PTB-XL part", "ludb": "LUDB part"}
RELEASED: Final = "HeartSense, through pictures"
SAME_SIGNALS: Final = "HeartSense, true signals of the same records"
SHOWN: Final = "HeartSense, what a page shows of the signal"
ORIGINAL: Final = "original method, pages of one look, tuned"
EXTERNAL: Final = {
    "ptbxl-sara-es": "PTB-XL, another collection's copies",
    "cinc-samples": "Challenge 2021",
}


@dataclass(frozen=True, slots=True)
class MethodMetrics:
    """Metrics of one method on one part of the records."""

    method: str
    part: str
    records: int
    macro: Interval
    within_folds: Interval | None
    """The macro AUROC of records of one fold against each other; None without any."""
    auroc: Mapping[str, Interval]
    auprc: Mapping[str, float | None]
    f1: Mapping[str, float]
    positives: Mapping[str, int]
    calibration_error: float
    uncertain: float
    """Share of the conditions that are possible: neither likely nor unlikely."""


def evaluate_parts(
    method: str,
    tested: Table,
    predictions: Predictions,
    sources: Mapping[str, str] = SOURCES,
) -> list[MethodMetrics]:
    """Metrics of one method, pooled and per source."""
    parts = {POOLED: np.ones(len(tested), dtype=np.bool_)}
    parts |= {name: tested.source == s for s, name in sources.items()}
    return [
        _evaluate_part(method, part, tested.labels[rows], predictions[rows])
        for part, rows in parts.items()
        if rows.any()
    ]


def _evaluate_part(
    method: str, part: str, truth: NDArray[np.bool_], predictions: Predictions
) -> MethodMetrics:
    macro, auroc = bootstrap(truth, predictions.probability)
    scores = score_conditions(truth, predictions.probability, predictions.predicted)
    return MethodMetrics(
        method=method,
        part=part,
        records=len(truth),
        macro=macro,
        within_folds=_within_folds(truth, predictions),
        auroc=auroc,
        auprc={id: score.auprc for id, score in scores.items()},
        f1={id: score.f1 for id, score in scores.items()},
        positives={id: score.n_positive for id, score in scores.items()},
        calibration_error=calibration_error(truth, predictions.probability),
        uncertain=float((predictions.tier == TIERS.index("possible")).mean()),
    )


def _within_folds(truth: NDArray[np.bool_], predictions: Predictions) -> Interval | None:
    if predictions.fold is None:
        return None
    rows = predictions.fold >= 0
    if not rows.any():
        return None
    probability, fold = predictions.probability[rows], predictions.fold[rows]
    return bootstrap_within_folds(truth[rows], probability, fold)


def draw_figures(
    folder: Path, metrics: Sequence[MethodMetrics], tested: Table, predictions: Predictions
) -> None:
    """Draw ROC curves, reliability diagram and comparison of methods, as SVG."""
    folder.mkdir(parents=True, exist_ok=True)
    mpl.rcParams["svg.hashsalt"] = "heartsense"  # equal figures give equal bytes
    for name, drawn in (
        ("roc", _roc(tested, predictions)),
        ("reliability", _reliability(tested, predictions)),
        ("methods", _methods(metrics)),
    ):
        drawn.savefig(folder / f"{name}.svg", metadata={"Date": None})
        plt.close(drawn)


def _roc(tested: Table, predictions: Predictions) -> Any:
    rows = -(-len(CONDITION_IDS) // 3)
    figure, axes = plt.subplots(rows, 3, figsize=(9, 3 * rows), sharex=True, sharey=True)
    for unused in axes.ravel()[len(CONDITION_IDS) :]:
        unused.set_axis_off()
    for label, axis in enumerate(axes.ravel()[: len(CONDITION_IDS)]):
        axis.plot([0, 1], [0, 1], color="0.8", lw=1)
        for source, name in SOURCES.items():
            of_source = tested.source == source
            truth = tested.labels[of_source, label]
            if truth.any() and not truth.all():
                x, y, _ = roc_curve(truth, predictions.probability[of_source, label])
                axis.plot(x, y, label=f"{name} ({int(truth.sum())} positive)")
        axis.set_title(condition(CONDITION_IDS[label]).title, fontsize=8)
        axis.legend(fontsize=7, loc="lower right")
    figure.supxlabel("false positive rate")
    figure.supylabel("true positive rate")
    figure.tight_layout()
    return figure


def _reliability(tested: Table, predictions: Predictions) -> Any:
    figure, axis = plt.subplots(figsize=(5, 4.5))
    axis.plot([0, 1], [0, 1], color="0.8", lw=1)
    edges = np.linspace(0, 1, 11)
    for source, name in SOURCES.items():
        rows = tested.source == source
        given, true = predictions.probability[rows].ravel(), tested.labels[rows].ravel()
        bins = np.digitize(given, edges[1:-1])
        used = [b for b in range(10) if (bins == b).sum() >= 5]
        axis.plot(
            [given[bins == b].mean() for b in used],
            [true[bins == b].mean() for b in used],
            "o-",
            label=name,
        )
    axis.set_xlabel("probability given")
    axis.set_ylabel("share that has the condition")
    axis.legend()
    figure.tight_layout()
    return figure


def _methods(metrics: Sequence[MethodMetrics]) -> Any:
    figure, axis = plt.subplots(figsize=(7, 3.5))
    methods = list(dict.fromkeys(m.method for m in metrics))
    parts = (POOLED, *SOURCES.values())  # what every method is tested on
    for shift, method in enumerate(methods):
        chosen = [next(m for m in metrics if (m.method, m.part) == (method, p)) for p in parts]
        values = np.array([m.macro.value for m in chosen])
        reach = np.array(
            [[m.macro.value - m.macro.low, m.macro.high - m.macro.value] for m in chosen]
        )
        at = np.arange(len(parts)) + (shift - (len(methods) - 1) / 2) * 0.25
        axis.bar(at, values, 0.23, yerr=reach.T, capsize=3, label=method)
    axis.set_xticks(np.arange(len(parts)), parts)
    axis.set_ylim(0.5, 1)
    axis.set_ylabel("macro AUROC")
    axis.legend(fontsize=8)
    figure.tight_layout()
    return figure


def write_json(path: Path, metrics: Sequence[MethodMetrics]) -> dict[str, Any]:
    """Write and return what the released model's manifest quotes: figures through pictures."""
    released = {
        m.part: {
            "macro_auroc": round(m.macro.value, 4),
            "interval": [round(m.macro.low, 4), round(m.macro.high, 4)],
            "calibration_error": round(m.calibration_error, 4),
            "unsure": round(m.uncertain, 4),
        }
        for m in metrics
        if m.method == RELEASED
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"released": released}, indent=2) + "\n")
    return released
