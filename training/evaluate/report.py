"""The evaluation as a table and figures in ``docs/``."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from heartsense.conditions import CONDITION_IDS, condition
from training.evaluate.folds import Outcome
from training.evaluate.metrics import Interval, bootstrap, calibration_error, score_conditions
from training.features import Table

mpl.use("Agg")
from matplotlib import pyplot as plt

POOLED: Final = "pooled"
SOURCES: Final = {"ptbxl-first500": "PTB-XL part", "ludb": "LUDB part"}
RELEASED: Final = "HeartSense, through pictures"
ORIGINAL: Final = "original method, whole page"
EXACT: Final = "measurements of the true signal"


@dataclass(frozen=True, slots=True)
class Figures:
    """One method on one part of the records."""

    method: str
    part: str
    records: int
    macro: Interval
    auroc: Mapping[str, Interval]
    auprc: Mapping[str, float | None]
    f1: Mapping[str, float]
    positives: Mapping[str, int]
    calibration_error: float
    unsure: float
    """Share of the condition answers left uncertain."""


def figures_of(method: str, tested: Table, outcome: Outcome) -> list[Figures]:
    """Figures pooled and per source."""
    everyone = np.ones(len(tested), dtype=np.bool_)
    parts = {POOLED: everyone} | {name: tested.source == s for s, name in SOURCES.items()}
    return [
        _figures(method, part, tested.labels[rows], outcome[rows]) for part, rows in parts.items()
    ]


def _figures(method: str, part: str, truth: NDArray[np.bool_], outcome: Outcome) -> Figures:
    macro, auroc = bootstrap(truth, outcome.probability)
    scores = score_conditions(truth, outcome.probability, outcome.called)
    return Figures(
        method=method,
        part=part,
        records=len(truth),
        macro=macro,
        auroc=auroc,
        auprc={id: score.auprc for id, score in scores.items()},
        f1={id: score.f1 for id, score in scores.items()},
        positives={id: score.n_positive for id, score in scores.items()},
        calibration_error=calibration_error(truth, outcome.probability),
        unsure=float(outcome.unsure.mean()),
    )


def markdown(figures: Sequence[Figures], refused: Mapping[str, str]) -> str:
    """``docs/results.md``."""
    lines = [
        "# Results",
        "",
        "Made by `make evaluate`. PTB-XL 00001-00500 and LUDB, five folds grouped by patient;",
        "every test record is drawn as a clean page with a random 12-lead layout, read off its",
        "pixels and classified by a model that has not seen its patient. Intervals are 95 %",
        "bootstrap. Macro averages leave out conditions with fewer than 5 positive records.",
        "",
        "The original method sees the same pages, whose layouts, papers and rotations differ at",
        "random: its picture features tell papers and layouts apart before they tell hearts apart.",
        "On pages of one look it does better (see the model card).",
        "",
        "| method | part | records | macro AUROC | ECE | answers uncertain |",
        "|---|---|---|---|---|---|",
    ]
    for f in figures:
        lines.append(
            f"| {f.method} | {f.part} | {f.records} | **{_shown(f.macro)}** "
            f"| {f.calibration_error:.3f} | {100 * f.unsure:.1f} % |"
        )
    lines += ["", f"Pages refused: {len(refused)} (left out of the figures above)."]
    lines += [f"- `{record}`: {code}" for record, code in refused.items()]
    for f in figures:
        if f.method == RELEASED:
            lines += ["", f"## {f.method}: {f.part}", "", *_by_condition(f)]
    lines += [
        "",
        "![ROC curves](figures/roc.svg)",
        "![Reliability](figures/reliability.svg)",
        "![Methods beside each other](figures/methods.svg)",
        "",
    ]
    return "\n".join(lines)


def _by_condition(f: Figures) -> list[str]:
    lines = ["| condition | positive | AUROC | AUPRC | F1 |", "|---|---|---|---|---|"]
    for id in CONDITION_IDS:
        auprc = f.auprc[id]
        shown = "-" if auprc is None else f"{auprc:.3f}"
        lines.append(
            f"| `{id}` | {f.positives[id]} | {_shown(f.auroc[id])} | {shown} | {f.f1[id]:.3f} |"
        )
    return lines


def _shown(interval: Interval) -> str:
    if not np.isfinite(interval.value):
        return "-"
    return f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"


def draw_figures(folder: Path, figures: Sequence[Figures], tested: Table, outcome: Outcome) -> None:
    """ROC curves, reliability and methods beside each other, as SVG."""
    folder.mkdir(parents=True, exist_ok=True)
    mpl.rcParams["svg.hashsalt"] = "heartsense"  # the same figures give the same bytes
    for name, drawn in (
        ("roc", _roc(tested, outcome)),
        ("reliability", _reliability(tested, outcome)),
        ("methods", _methods(figures)),
    ):
        drawn.savefig(folder / f"{name}.svg", metadata={"Date": None})
        plt.close(drawn)


def _roc(tested: Table, outcome: Outcome) -> Any:
    figure, axes = plt.subplots(2, 3, figsize=(9, 6), sharex=True, sharey=True)
    for label, axis in enumerate(axes.ravel()):
        axis.plot([0, 1], [0, 1], color="0.8", lw=1)
        for source, name in SOURCES.items():
            rows = tested.source == source
            truth = tested.labels[rows, label]
            if truth.any() and not truth.all():
                x, y, _ = roc_curve(truth, outcome.probability[rows, label])
                axis.plot(x, y, label=f"{name} ({int(truth.sum())} positive)")
        axis.set_title(condition(CONDITION_IDS[label]).title, fontsize=8)
        axis.legend(fontsize=7, loc="lower right")
    figure.supxlabel("false positive rate")
    figure.supylabel("true positive rate")
    figure.tight_layout()
    return figure


def _reliability(tested: Table, outcome: Outcome) -> Any:
    figure, axis = plt.subplots(figsize=(5, 4.5))
    axis.plot([0, 1], [0, 1], color="0.8", lw=1)
    edges = np.linspace(0, 1, 11)
    for source, name in SOURCES.items():
        rows = tested.source == source
        given, true = outcome.probability[rows].ravel(), tested.labels[rows].ravel()
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


def _methods(figures: Sequence[Figures]) -> Any:
    figure, axis = plt.subplots(figsize=(7, 3.5))
    methods = list(dict.fromkeys(f.method for f in figures))
    parts = list(dict.fromkeys(f.part for f in figures))
    for shift, method in enumerate(methods):
        chosen = [next(f for f in figures if (f.method, f.part) == (method, p)) for p in parts]
        values = np.array([f.macro.value for f in chosen])
        reach = np.array(
            [[f.macro.value - f.macro.low, f.macro.high - f.macro.value] for f in chosen]
        )
        at = np.arange(len(parts)) + (shift - (len(methods) - 1) / 2) * 0.25
        axis.bar(at, values, 0.23, yerr=reach.T, capsize=3, label=method)
    axis.set_xticks(np.arange(len(parts)), parts)
    axis.set_ylim(0.5, 1)
    axis.set_ylabel("macro AUROC")
    axis.legend(fontsize=8)
    figure.tight_layout()
    return figure


def write_json(path: Path, figures: Sequence[Figures]) -> None:
    """The figures that the released model's manifest quotes."""
    released = {
        f.part: {
            "macro_auroc": round(f.macro.value, 4),
            "interval": [round(f.macro.low, 4), round(f.macro.high, 4)],
            "calibration_error": round(f.calibration_error, 4),
            "unsure": round(f.unsure, 4),
        }
        for f in figures
        if f.method == RELEASED
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"released": released}, indent=2) + "\n")
