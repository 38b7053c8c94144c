"""Lead II of PTB-XL and LUDB, ten seconds a patient: rhythms of many more people than DS1 has.

MIT-BIH's DS1 holds atrial fibrillation of two people only, one of whom is also in DS2. These
records have no labels of single beats; they train what is said of a whole strip.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.strip.beat_features import beat_features
from heartsense.classifier.strip.lead import Lead, prepare
from heartsense.ecg import ECG
from training.records import training_records
from training.sources import Record
from training.sources.ptbxl import scp_codes
from training.sources.record import NORMAL, SUPRAVENTRICULAR, VENTRICULAR
from training.strips.windows import LEAD, WINDOW_SECONDS

_ARCHIVE: Final = "ptbxl-zscored"
_EVERY: Final = 4
"""Of the z-scored records without an arrhythmia, one in so many is taken."""


@dataclass(frozen=True, slots=True, eq=False)
class OtherStrip:
    """One strip of another source.

    Attributes
    ----------
    id : str
    lead : Lead
    features : float64 array, shape (beats, ...)
    truth : float64 array, shape (4,)
        Of normal, supraventricular, ventricular and atrial fibrillation: 1, 0, or NaN where the
        source's words do not tell.
    """

    id: str
    lead: Lead
    features: NDArray[np.float64]
    truth: NDArray[np.float64]


def read_other_strips(data: Path) -> list[OtherStrip]:
    """Lead II of the records that show beats in it."""
    fibrillating = frozenset(_fibrillating(data))
    strips = (_strip(record, record.id in fibrillating) for record in _records(data))
    return [strip for strip in strips if len(strip.lead.peaks) > 0]


def _records(data: Path) -> list[Record]:
    records = training_records(data)
    archive = [r for r in records if r.source == _ARCHIVE]
    arrhythmia = {SUPRAVENTRICULAR, VENTRICULAR}
    chosen = [r for i, r in enumerate(archive) if r.labels & arrhythmia or i % _EVERY == 0]
    return [*(r for r in records if r.source != _ARCHIVE), *chosen]


def _fibrillating(data: Path) -> Iterator[str]:
    """Ids of the records with atrial fibrillation."""
    for row in _rows(data / "ptbxl" / "ptbxl_database.csv"):
        if "AFIB" in scp_codes(row):
            yield f"ptbxl/{row['filename_hr']}"
    for table in ("ptbxl-more/records.csv", "ptbxl-extra/scp_codes.csv"):
        yield from (row["record"] for row in _rows(data / table) if "AFIB" in scp_codes(row))
    for row in _rows(data / _ARCHIVE / "records.csv"):
        if "AFIB" in scp_codes(row):
            yield f"{_ARCHIVE}/{int(row['ecg_id']):05d}"
    for row in _rows(data / "ludb" / "ludb.csv"):
        if "atrial fibrillation" in row["Rhythms"].lower():
            yield f"ludb/data/{row['ID'].strip()}"


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _strip(record: Record, fibrillates: bool) -> OtherStrip:
    ecg = record.read()
    column = ecg.lead(LEAD)[: round(WINDOW_SECONDS * ecg.rate), None]
    lead = prepare(ECG(column, ecg.rate, (LEAD,)))
    return OtherStrip(record.id, lead, beat_features(lead), _truth(record.labels, fibrillates))


def _truth(labels: frozenset[str], fibrillates: bool) -> NDArray[np.float64]:
    arrhythmia = bool(labels & {SUPRAVENTRICULAR, VENTRICULAR})
    normal = 1.0 if labels == {NORMAL} else 0.0 if arrhythmia else np.nan
    told = (SUPRAVENTRICULAR in labels, VENTRICULAR in labels, fibrillates)
    return np.array([normal, *(float(t) for t in told)])
