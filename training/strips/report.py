"""The section on strips of ``docs/results.md``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from heartsense.classifier.ensemble import TierMeans
from heartsense.conditions import Status
from training.strips.evaluate import (
    Predicted,
    accuracy_and_j_kappa,
    auroc,
    beat_class,
    confusion,
    detection,
    intervals,
)
from training.strips.fit import TARGETS

HEADING: Final = "## Strips: one lead of MIT-BIH"
FROM_SIGNALS: Final = "from signals"
THROUGH_PICTURES: Final = "through pictures"
Methods = Mapping[str, Sequence[Predicted]]
"""Predictions of the same windows by how they were read: the names above."""

_LARGEST_S: Final = "232"
"""Recording with three quarters of DS2's supraventricular beats."""

_INTRODUCTION: Final = """\
Written by `python -m training strips`. Beats are trained on DS1 without recording 201, whose
patient is also in DS2 (202), and tested on DS2: the inter-patient split of de Chazal et al. 2004.
What is said of a whole strip is trained on DS1 and on lead II of PTB-XL and LUDB. Each window is
ten seconds of lead II, with nothing before or after it. The detector is included: a missed beat
counts against its class's sensitivity, a false one against the PPV. `through pictures` draws each
window as a strip that looks like a scan or screen shot and reads it back; a beat is found if it is
within 150 ms of its place on the page. Two windows in three are tested. Intervals are 95 % over
patients. A likely fusion beat (F) is called uncertain. No beat is called supraventricular where the
rhythm is called atrial fibrillation. Every threshold comes from folds of DS1's patients, that of
ventricular beats from the mean of their F1 scores. DS2 was scored seven times: false beats became a
class of their own after the first, complexes were measured by themselves after the second, pictures
were read better after the third and again after the fifth, when T waves that seem to come late were
no beats any more, and beats of pictures read upside down found after the fourth. After the sixth
the paper speed was told by the pulse's width too, and twice as many pictures of DS1 were learned
from. The T waves and the speed were seen on pictures of DS2: of 24,463 beats of DS1's signals the
rule for T waves costs one, and it takes away three false ones.
"""

_PUBLISHED: Final = """\
Beside published work on the same split, which takes the annotated places of all beats and the whole
recording. Its rows are carried over from the table of Mondejar-Guerra et al. (2019,
<https://github.com/mondejar/ecg-classification>), not measured here:

| method | accuracy | j-kappa |
|---|---|---|
| de Chazal et al. 2004, two leads (carried over) | 0.862 | 0.612 |
| Mondejar-Guerra et al. 2019, one lead (carried over) | 0.945 | 0.773 |
"""


def section(methods: Methods, means: Mapping[str, Mapping[Status, TierMeans]]) -> str:
    """The section's text; one column of each table is one way of reading."""
    parts = [HEADING, _INTRODUCTION, _beat_table(methods), _PUBLISHED + _own_rows(methods)]
    parts += [_window_table(methods), _tier_table(means)]
    parts += [_confusion_table(name, predicted) for name, predicted in methods.items()]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def section_of(path: Path) -> str:
    """The section as it stands in a page; empty where it has none."""
    if not path.is_file() or HEADING not in path.read_text(encoding="utf-8"):
        return ""
    return HEADING + path.read_text(encoding="utf-8").split(HEADING)[1]


def _beat_table(methods: Methods) -> str:
    rows = ["| | beats | sensitivity | PPV |", "|---|---|---|---|"]
    for name, predicted in methods.items():
        count = sum(len(p.true) - int((p.true == "X").sum()) for p in predicted)
        rows.append(_row(f"beats found, {name}", count, intervals(detection, predicted)))
        for letter, word in (("V", "ventricular"), ("S", "supraventricular"), ("F", "fusion")):
            scored = intervals(beat_class(letter), predicted)
            rows.append(_row(f"{word}, {name}", _count(predicted, letter), scored))
        others = [p for p in predicted if p.recording != _LARGEST_S]
        scored = intervals(beat_class("S"), others)
        rows.append(_row(f"supraventricular without 232, {name}", _count(others, "S"), scored))
    return "\n".join(rows)


def _row(title: str, count: int, scored: Sequence[tuple[float, float, float]]) -> str:
    return f"| {title} | {count} | " + " | ".join(_value(*s) for s in scored) + " |"


def _value(value: float, low: float, high: float) -> str:
    return f"**{value:.3f}** ({low:.3f} to {high:.3f})"


def _count(predicted: Sequence[Predicted], letter: str) -> int:
    return sum(int((p.true == letter).sum()) for p in predicted)


def _own_rows(methods: Methods) -> str:
    rows = []
    for name, predicted in methods.items():
        accuracy, j_kappa = accuracy_and_j_kappa(predicted)
        rows.append(
            f"| HeartSense, {name}, one lead, ten seconds | {accuracy:.3f} | {j_kappa:.3f} |"
        )
    first, *_ = methods.values()
    usual = _count(first, "N") / sum(_count(first, c) for c in "NSVF")
    rows.append(f"| every beat called normal | {usual:.3f} | 0.000 |")
    return "\n".join(rows) + "\n"


def _window_table(methods: Methods) -> str:
    names = list(methods)
    rows = [
        "Windows of ten seconds, AUROC (0.5 is chance); atrial fibrillation is the rhythm of at",
        "least half of the window:",
        "",
        "| | " + " | ".join(f"positive | {name}" for name in names) + " |",
        "|---|" + "---|---|" * len(names),
    ]
    for number, target in enumerate(TARGETS):
        cells = []
        for predicted in methods.values():
            positive = int(np.sum([p.truth[number] for p in predicted]))
            (scored,) = intervals(auroc(target), predicted)
            cells.append(f"{positive} of {len(predicted)} | {_value(*scored)}")
        rows.append(f"| `{target}` | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _tier_table(means: Mapping[str, Mapping[Status, TierMeans]]) -> str:
    rows = [
        "What a status meant for the windows that were read through pictures: how many had the",
        "condition. The limits of the statuses were chosen on DS1.",
        "",
        "| | likely | possible | unlikely |",
        "|---|---|---|---|",
    ]
    for id, of_id in means.items():
        cells = [_tier(of_id.get(status)) for status in ("likely", "possible", "unlikely")]
        rows.append(f"| `{id}` | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _tier(means: TierMeans | None) -> str:
    return "-" if means is None else f"{means.share:.3f} of {means.records}"


def _confusion_table(name: str, predicted: Sequence[Predicted]) -> str:
    rows = [
        f"Beats, {name}: true class in rows, given in columns.",
        "",
        "| | N | S | V | uncertain | missed |",
        "|---|---|---|---|---|---|",
    ]
    counts = confusion(predicted)
    for letter, row in zip((*"NSVFQ", "no beat"), counts, strict=True):
        rows.append(f"| {letter} | " + " | ".join(str(n) for n in row) + " |")
    return "\n".join(rows)
