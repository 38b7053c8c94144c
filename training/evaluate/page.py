"""The part of ``docs/results.md`` that ``evaluate`` writes; other steps write the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from heartsense.conditions import CONDITION_IDS
from training.evaluate.cross_validation import FOLDS
from training.evaluate.figures import RELEASED, SHOWN, MethodMetrics
from training.evaluate.guarantees import MISSED, Bound, CalibrationError
from training.evaluate.metrics import Interval
from training.evaluate.subgroups import Subgroup
from training.evaluate.urgencies import MOST_ALARMS, URGENCIES, UrgencyShares

FIRST_OF_OTHERS: Final = "<!-- what follows is written by other steps -->"
_WANTED_ERROR: Final = 0.05


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that an evaluation found; ``asked`` records were drawn of ``records`` for pages."""

    folds: int
    asked: int
    records: int
    refused: Mapping[str, str]
    metrics: Sequence[MethodMetrics]
    external: Sequence[MethodMetrics]
    calibration: Mapping[str, Sequence[CalibrationError]]
    bounds: Sequence[Bound]
    urgencies: Mapping[str, Sequence[UrgencyShares]]
    patients: Sequence[Subgroup]
    pages: Sequence[Subgroup]
    notes: Sequence[str] = field(default=())


def write_part(path: Path, text: str) -> None:
    """Put `text` before what other steps have written into the page."""
    page = path.read_text(encoding="utf-8")
    if FIRST_OF_OTHERS not in page:
        raise ValueError(f"{path} does not say where the part of `evaluate` ends")
    _, mark, others = page.partition(FIRST_OF_OTHERS)
    path.write_text(f"{text.rstrip()}\n\n{mark}{others}", encoding="utf-8")


def markdown(found: Evaluation) -> str:
    """The text of the part."""
    parts = [
        _introduction(found),
        _methods(found.metrics),
        _refused(found),
        *(
            f"## {m.method}: {m.part}\n\n{_condition_table(m)}"
            for m in found.metrics
            if m.method in (RELEASED, SHOWN)
        ),
        "![ROC curves](figures/roc.svg)\n![Reliability](figures/reliability.svg)\n"
        "![Methods beside each other](figures/methods.svg)",
        f"## Records of other collections\n\n{_EXTERNAL}\n{_methods(found.external)}",
        f"## Calibration by condition and source\n\n{_CALIBRATION}\n{_calibration(found)}",
        f"## A bound on what is missed\n\n{_BOUNDS}\n{_bounds(found.bounds)}",
        f"## How soon a doctor should look\n\n{_URGENCIES}\n{_urgencies(found.urgencies)}",
        f"## Parts of the patients\n\n{_PATIENTS}\n{_subgroups(found.patients)}",
        f"## Parts of the pages\n\n{_PAGES}\n{_subgroups(found.pages)}",
    ]
    return "\n\n".join(parts) + "\n"


def _introduction(found: Evaluation) -> str:
    sample = (
        f"{found.asked} of these {found.records} records, drawn at random, are rendered"
        if found.asked < found.records
        else "Every test record is rendered"
    )
    return "\n".join(
        [
            "# Results",
            "",
            f"Written by `python -m training evaluate{_options(found)}` up to the heat-maps;",
            "`make evaluate` takes five folds and all records. PTB-XL 00001-00500, LUDB and",
            f"`ptbxl-more`, {found.folds} folds grouped by patient: no model has seen the patient",
            "that it is tested on, and a fold's calibration and statuses come from held-out scores",
            f"of the other folds. {sample} as a clean page",
            "with a random 12-lead layout, digitized and classified. `what a page shows` is the",
            "part of the signal that such a page shows, without rendering, for all records.",
            "Intervals are 95 % bootstrap intervals. Macro averages leave out conditions with",
            "fewer than 5 positive records. `within folds` compares only records of one fold:",
            "across folds, one with many of a condition is ranked too low, as its calibration",
            "comes from the others (Forman and Scholz 2010, Airola et al. 2011).",
            "",
            "The original method reads whole pages at 224x224. Here all its pages have one look,",
            "and each fold tunes its classifiers: where looks differ its features tell papers",
            "apart better than conditions (.52 in an earlier run).",
            *(["", *found.notes] if found.notes else []),
        ]
    )


def _options(found: Evaluation) -> str:
    """Options that differ from those of `make evaluate`."""
    folds = f" --folds {found.folds}" if found.folds != FOLDS else ""
    return folds + (f" --sample {found.asked}" if found.asked < found.records else "")


_EXTERNAL: Final = """\
No model of this evaluation is trained on these or on their patients; the probability is the mean of
the folds' models. Pages and true signals are of the same records.
"""
_CALIBRATION: Final = f"""\
The integrated calibration index (Austin and Steyerberg 2019): the mean distance between a
probability and what such probabilities came to, by a logistic curve. Wanted is at most
{_WANTED_ERROR}. Sources with fewer than 10 records of either class are left out. A page does not
say which source it is from, so one calibration serves all: LUDB, a fifth of the records in
millivolts, calls hypertrophy and other changes far more often than PTB-XL does.
"""
_BOUNDS: Final = f"""\
Limits are learned on one half of the patients and counted on the other, 200 times, by conformal
risk control (Angelopoulos et al. 2022); shares are means, with the 5th and 95th percentile. The
released limit of `possible` bounds the share of all ECGs with the condition that are called
unlikely. The strict one bounds the misses among those of them that are not left open. Wanted is at
most {MISSED}. "Left open" is the share of all ECGs that are `possible`: the price.
For the strict bound it is nearly all of them, so that bound is not served.
"""
_URGENCIES: Final = f"""\
The share of ECGs with each urgency, by what the labels say. Only `emergency` puts a banner over the
result; wanted is at most {100 * MOST_ALARMS:.0f} % of the normal ECGs.
"""
_PATIENTS: Final = """\
Macro AUROC of what a page shows of the signal. For the likelihood of an infarction it is the AUROC
of MI: the infarctions of that likelihood against all PTB-XL records without one.
"""
_PAGES: Final = """\
Macro AUROC through pictures. Small groups leave out conditions, so compare with care.
"""


def _refused(found: Evaluation) -> str:
    lines = [f"Pages refused: {len(found.refused)} (left out of the figures above)."]
    return "\n".join([*lines, *(f"- `{id}`: {code}" for id, code in found.refused.items())])


def _methods(metrics: Sequence[MethodMetrics]) -> str:
    lines = [
        "| method | part | records | macro AUROC | within folds | ECE | possible |",
        "|---|---|---|---|---|---|---|",
    ]
    for m in metrics:
        lines.append(
            f"| {m.method} | {m.part} | {m.records} | **{_format(m.macro)}** "
            f"| {_format(m.within_folds) if m.within_folds else '-'} "
            f"| {m.calibration_error:.3f} | {100 * m.uncertain:.1f} % |"
        )
    return "\n".join(lines)


def _condition_table(m: MethodMetrics) -> str:
    lines = ["| condition | positive | AUROC | AUPRC | F1 |", "|---|---|---|---|---|"]
    for id in CONDITION_IDS:
        auprc = m.auprc[id]
        shown = "-" if auprc is None else f"{auprc:.3f}"
        lines.append(
            f"| `{id}` | {m.positives[id]} | {_format(m.auroc[id])} | {shown} | {m.f1[id]:.3f} |"
        )
    return "\n".join(lines)


def _calibration(found: Evaluation) -> str:
    lines = [
        "| read | condition | source | positive | expected | observed | error |",
        "|---|---|---|---|---|---|---|",
    ]
    for way, errors in found.calibration.items():
        for e in errors:
            error = _format(e.error)
            if e.error.value <= _WANTED_ERROR:
                error = f"**{error}**"
            means = f"{100 * e.expected:.1f} % | {100 * e.observed:.1f} %"
            condition = f"`{e.condition}` | {e.source} | {e.positives}"
            lines.append(f"| {way} | {condition} | {means} | {error} |")
    every = [e for errors in found.calibration.values() for e in errors]
    kept = sum(e.error.value <= _WANTED_ERROR for e in every)
    return "\n".join([*lines, "", f"{kept} of {len(every)} are within {_WANTED_ERROR} (bold)."])


def _bounds(bounds: Sequence[Bound]) -> str:
    lines = [
        "| condition | source | bound | missed of all | of those not left open | left open |",
        "|---|---|---|---|---|---|",
    ]
    for b in bounds:
        kind = "strict" if b.strict else "released"
        shares = " | ".join(_format(share) for share in (b.missed, b.missed_of_certain, b.open))
        lines.append(f"| `{b.condition}` | {b.source or 'pooled'} | {kind} | {shares} |")
    return "\n".join(lines)


def _urgencies(found: Mapping[str, Sequence[UrgencyShares]]) -> str:
    lines = [
        f"| read | labels | source | records | {' | '.join(URGENCIES)} |",
        f"|---|---|---|---|{'---|' * len(URGENCIES)}",
    ]
    for way, groups in found.items():
        for g in groups:
            shares = " | ".join(f"{100 * g.shares[name]:.1f} %" for name in URGENCIES)
            lines.append(f"| {way} | {g.group} | {g.source} | {g.records} | {shares} |")
    return "\n".join(lines)


def _subgroups(groups: Sequence[Subgroup]) -> str:
    lines = ["| by | group | records | AUROC |", "|---|---|---|---|"]
    lines += [f"| {g.by} | {g.group} | {g.records} | {_format(g.auroc)} |" for g in groups]
    return "\n".join(lines)


def _format(interval: Interval) -> str:
    if not np.isfinite(interval.value):
        return "-"
    return f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"
