"""How well parts of the records are judged: by patient, by page, by how sure the truth is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heartsense.conditions import CONDITION_IDS
from training.evaluate.folds import Held
from training.evaluate.metrics import Interval, auroc_with_interval, bootstrap
from training.render import PageSpec
from training.sources.people import Person
from training.sources.record import INFARCTION

Flags = NDArray[np.bool_]
_TOP = np.inf
_AGES = ((0, 50), (50, 65), (65, 80), (80, _TOP))
_PITCHES = ((0, 5), (5, 7), (7, _TOP))
_QUALITIES = ((0, 0.8), (0.8, 0.9), (0.9, 0.95), (0.95, _TOP))
_LIKELIHOODS = (
    ("80 to 100", 80, 101),
    ("50 to 79", 50, 80),
    ("under 50", 1, 50),
    ("unknown", 0, 1),
)
_LEADS = 12


@dataclass(frozen=True, slots=True)
class Subgroup:
    """Macro AUROC of one group of records; of MI alone where ``by`` is its likelihood."""

    by: str
    group: str
    records: int
    auroc: Interval


def patient_groups(held: Held, people: Mapping[str, Person]) -> list[Subgroup]:
    """By sex, age, source, and the likelihood of the infarction that was coded."""
    persons = [people.get(id, Person()) for id in held.table.record.tolist()]
    age = np.array([np.nan if p.age is None else p.age for p in persons])
    sex = np.array([p.sex for p in persons])
    groups = [("sex", name, sex == name) for name in ("female", "male")]
    groups += [("age", _range(*ages), _within(age, *ages)) for ages in _AGES]
    groups += [("source", s, held.table.source == s) for s in np.unique(held.table.source).tolist()]
    return [*_macro(held, groups), *_by_likelihood(held, persons)]


def page_groups(held: Held, specs: Sequence[PageSpec]) -> list[Subgroup]:
    """By layout, resolution, distortion, missing leads and quality score of rendered pages."""
    layout = np.array([spec.layout for spec in specs])
    pitch = np.array([spec.px_per_mm for spec in specs])
    quality, leads, readable = held.table.reading.T
    groups = [("layout", name, layout == name) for name in np.unique(layout).tolist()]
    groups += [("pixels per mm", _range(*p), _within(pitch, *p)) for p in _PITCHES]
    groups += list(_distortions(specs))
    groups += [
        ("leads read", "all twelve", leads == _LEADS),
        ("leads read", "fewer", leads < _LEADS),
        ("quality", "too low for an answer", readable == 0),
    ]
    groups += [("quality score", _range(*q), _within(quality, *q)) for q in _QUALITIES]
    return _macro(held, groups)


def _distortions(specs: Sequence[PageSpec]) -> Iterator[tuple[str, str, Flags]]:
    found = [spec.distortion for spec in specs]
    for name, rows in {
        "turned by over 1 degree": [abs(d.rotation) > 1 for d in found],
        "blurred": [d.blur > 0.5 for d in found],
        "noise": [d.noise > 2 for d in found],
        "uneven light": [d.gradient > 0.02 or d.shadow > 0 for d in found],
        "no grid": [spec.grid == "none" for spec in specs],
    }.items():
        yield "distortion", name, np.array(rows, dtype=np.bool_)
    none = [abs(d.rotation) <= 1 and d.blur <= 0.5 and d.noise <= 2 for d in found]
    yield "distortion", "none of the first three", np.array(none, dtype=np.bool_)


def _macro(held: Held, groups: Sequence[tuple[str, str, Flags]]) -> list[Subgroup]:
    found = []
    for by, name, rows in groups:
        part = held[rows]
        macro = Interval(np.nan, np.nan, np.nan)
        if len(part.table):
            macro, _ = bootstrap(part.table.labels, part.predictions.probability, rounds=200)
        found.append(Subgroup(by, name, int(rows.sum()), macro))
    return found


def _by_likelihood(held: Held, persons: Sequence[Person]) -> Iterator[Subgroup]:
    """Infarctions of one likelihood against the PTB-XL records without any."""
    label = CONDITION_IDS.index(INFARCTION)
    told = held.table.source != "ludb"
    truth, given = held.table.labels[:, label], held.predictions.probability[:, label]
    likelihood = np.array([np.nan if p.infarction is None else p.infarction for p in persons])
    for name, low, high in _LIKELIHOODS:
        positive = truth & _within(likelihood, low, high)
        rows = told & (positive | ~truth)
        auroc = auroc_with_interval(positive[rows], given[rows], rounds=500)
        yield Subgroup("likelihood of MI", name, int((told & positive).sum()), auroc)


def _within(values: NDArray[np.float64], low: float, high: float) -> Flags:
    return np.asarray((values >= low) & (values < high))


def _range(low: float, high: float) -> str:
    """A half-open range in words."""
    if low == 0:
        return f"under {high:g}"
    return f"{low:g} and above" if high == _TOP else f"{low:g} to under {high:g}"
