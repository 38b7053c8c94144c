"""A record: what a source knows about one ECG, and how to read it."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import ECG, LEADS
from training.errors import ManifestError
from training.sources.signals import read_record

NORMAL: Final = "normal"
SUPRAVENTRICULAR: Final = "supraventricular_arrhythmia"
VENTRICULAR: Final = "ventricular_arrhythmia"
INFARCTION: Final = "myocardial_infarction"
HYPERTROPHY: Final = "hypertrophy"
OTHER: Final = "fusion_or_miscellaneous"

LABELS6: Final = {
    "Normal": NORMAL,
    "Supraventricular": SUPRAVENTRICULAR,
    "Ventricular": VENTRICULAR,
    "MI": INFARCTION,
    "Hypertrophy": HYPERTROPHY,
    "Misc": OTHER,
}
"""A manifest's words for our condition ids."""

_ARCHIVE_RATE: Final = 125.0
_ARCHIVE_UNITS_PER_SD: Final = 500.0


@dataclass(frozen=True, slots=True)
class Record:
    """One ECG of a source.

    Attributes
    ----------
    id : str
        Path below the data folder without ending; unique within the folder.
    source : str
        The source's name as manifests have it.
    patient : str
        Who it is, across sources: split by this.
    labels : frozenset of str
        Our condition ids; empty when the source says nothing of them.
    path : Path
        WFDB record without ending, or the ``.npz`` archive that ``row`` counts in.
    fold : int or None
        PTB-XL's own fold, 1 to 10.
    start, seconds : float, float or None
        The part of a long recording that is meant; None is up to its end.
    """

    id: str
    source: str
    patient: str
    labels: frozenset[str]
    path: Path
    fold: int | None = None
    row: int | None = None
    start: float = 0.0
    seconds: float | None = None

    def read(self) -> ECG:
        """The ECG, read now; errors as ``read_record`` has them."""
        if self.row is not None:
            return _read_archive(self.path, self.row)
        ecg = read_record(self.path)
        first = round(self.start * ecg.rate)
        last = None if self.seconds is None else first + round(self.seconds * ecg.rate)
        return ECG(ecg.signal[first:last], ecg.rate, ecg.leads)


def read_manifest(data: Path, csv_path: Path) -> list[Record]:
    """Read ``source,record,patient,labels6,ptbxl_fold``; any source's name will do.

    Parameters
    ----------
    data : Path
        The folder that ``record`` is a path below.
    csv_path : Path
        The manifest. ``labels6`` is a ``;`` list of the words in ``LABELS6``.

    Raises
    ------
    ManifestError
        If a column is missing or a label is none of the six.
    """
    with csv_path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    missing = {"record", "patient", "labels6"} - set(rows[0] if rows else ())
    if rows and missing:
        raise ManifestError(f"{csv_path} has no column {', '.join(sorted(missing))}")
    return [
        Record(
            id=row["record"],
            source=row.get("source") or "unknown",
            patient=row["patient"],
            labels=_labels(row["labels6"], csv_path),
            path=data / row["record"],
            fold=int(float(row["ptbxl_fold"])) if row.get("ptbxl_fold") else None,
        )
        for row in rows
    ]


def _labels(words: str, csv_path: Path) -> frozenset[str]:
    parts = [w.strip() for w in words.split(";") if w.strip()]
    unknown = [w for w in parts if w not in LABELS6]
    if unknown:
        raise ManifestError(f"{csv_path}: label {unknown[0]!r} is none of {', '.join(LABELS6)}")
    return frozenset(LABELS6[w] for w in parts)


def _read_archive(path: Path, row: int) -> ECG:
    """A record of the z-scored set: no millivolts, limb leads at their sizes to one another."""
    x, limbs = _archive(path)
    signal = x[row].astype(np.float32) / _ARCHIVE_UNITS_PER_SD
    relative = limbs[row]
    if np.isfinite(relative).all() and (relative > 0).all():
        signal[:, :6] *= relative
    return ECG(signal, _ARCHIVE_RATE, LEADS)


@lru_cache(maxsize=1)
def _archive(path: Path) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    with np.load(path) as archive:
        return archive["x"], archive["limb_rel_sd"]
