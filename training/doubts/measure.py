"""What doubts are worth on patients that neither models nor doubts were learned from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.decision import decide
from heartsense.classifier.ensemble import TIERS, Ensemble
from heartsense.classifier.reading import ReadingModel
from heartsense.conditions import CONDITION_IDS
from heartsense.measurements import FEATURE_NAMES
from training.evaluate.folds import Fold, fold_judges
from training.features import Table
from training.fit.ensemble import has_millivolts
from training.fit.reading import fit_reading


@dataclass(frozen=True, slots=True)
class PageFinding:
    """One condition on one page.

    ``status`` is without reading errors, ``true_status`` that of the true signal, whose probability
    is ``inside`` the interval or not.
    """

    record: str
    condition: str
    status: str
    true_status: str
    same: float
    moved: bool
    inside: bool
    had_it: bool


@dataclass(frozen=True, slots=True)
class Told:
    """Whether an ECG was told to be unlike; how many conditions were likely, and how many right."""

    group: str
    unlike: bool
    likely: int
    right: int


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """A fold's model of all that is served, and the patients that it has not seen."""

    ensemble: Ensemble
    reading: ReadingModel
    patients: NDArray[np.str_]

    def rows(self, table: Table) -> list[int]:
        """The rows of its patients."""
        return [int(row) for row in np.flatnonzero(np.isin(table.patient, self.patients))]


def held_out_models(folds: Sequence[Fold], learned: Table, pages: Table) -> list[HeldOut]:
    """For each fold what is learned of the other patients' records and pages."""
    learned = learned[has_millivolts(learned)]
    found = []
    for fold, judge in zip(folds, fold_judges(folds, learned), strict=True):
        (calibration,) = judge.calibrations
        ensemble = Ensemble(
            CONDITION_IDS, FEATURE_NAMES, fold.submodels, (calibration,) * len(fold.submodels)
        )
        rows, drawn = (~np.isin(t.patient, fold.held_out) for t in (learned, pages))
        reading = fit_reading(ensemble, learned[rows], pages[drawn])
        found.append(HeldOut(ensemble, reading, fold.held_out))
    return found


def page_findings(models: Sequence[HeldOut], pages: Table, true: Table) -> Iterator[PageFinding]:
    """Every condition on every page; rows of ``true`` are the signals drawn on the pages."""
    for model in models:
        for row in model.rows(pages):
            features, quality = pages.features(row), float(pages.reading[row, 0])
            output, signal = model.ensemble(features), model.ensemble(true.features(row))
            rereads = model.reading.errors.reread(model.ensemble, features, quality)
            for label, finding in enumerate(decide(output, (), rereads)):
                error = finding.reading_error
                if error is None:
                    raise ValueError("every finding of a page has a reading error")
                yield PageFinding(
                    record=str(pages.record[row]),
                    condition=finding.id,
                    status=TIERS[output.tier[label]],
                    true_status=TIERS[signal.tier[label]],
                    same=error.same_status,
                    moved=error.moved,
                    inside=bool(error.low <= signal.probability[label] <= error.high),
                    had_it=bool(pages.labels[row, label]),
                )


def unlike_ecgs(models: Sequence[HeldOut], groups: Mapping[str, Table]) -> Iterator[Told]:
    """Whether held-out records of several groups are told to be unlike."""
    for model in models:
        for group, table in groups.items():
            for row in model.rows(table):
                features = table.features(row)
                likely = model.ensemble(features).tier == TIERS.index("likely")
                yield Told(
                    group=group,
                    unlike=model.reading.is_unlike(model.ensemble, features),
                    likely=int(likely.sum()),
                    right=int((likely & table.labels[row]).sum()),
                )
