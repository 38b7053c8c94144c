"""A record: the metadata of one ECG, and how to read its signal."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import ECG, LEADS
from training import ManifestError
from training.sources.signals import read_record

NORMAL: Final = "normal"
SUPRAVENTRICULAR: Final = "supraventricular_arrhythmia"
VENTRICULAR: Final = "ventricular_arrhythmia"
INFARCTION: Final = "myocardial_infarction"
HYPERTROPHY: Final = "hypertrophy"
OTHER: Final = "fusion_or_miscellaneous"

MANIFEST_LABELS: Final = {
    "Normal": NORMAL,
    "Supraventricular": SUPRAVENTRICULAR,
    "Ventricular": VENTRICULAR,
    "MI": INFARCTION,
    "Hypertrophy": HYPERTROPHY,
    "Misc": OTHER,
}
"""A manifest's labels to our condition ids."""

_ARCHIVE_RATE: Final = 125.0
_ARCHIVE_UNITS_PER_SD: Final = 500.0


@dataclass(frozen=True, slots=True)
class Record:
    """One ECG of a source.

    Attributes
    ----------
    id : str
        Path below the data folder without suffix; unique within the folder.
    source : str
        Name of the source, as in manifests.
    patient : str
        The patient, across sources; folds are grouped by it.
    labels : frozenset of str
        Our condition ids; empty if the source names none.
    path : Path
        WFDB record without suffix, or the ``.npz`` archive that ``row`` indexes.
    fold : int or None
        PTB-XL's stratified fold, 1 to 10.
    row : int or None
        Index into an archive.
    start, seconds : float, float or None
        Segment of a long recording in seconds; None is up to its end.
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
        """Read the ECG; raises like ``read_record``."""
        if self.row is not None:
            return _read_archive(self.path, self.row)
        ecg = read_record(self.path)
        first = round(self.start * ecg.rate)
        last = None if self.seconds is None else first + round(self.seconds * ecg.rate)
        return ECG(ecg.signal[first:last], ecg.rate, ecg.leads)


def read_manifest(data: Path, csv_path: Path) -> list[Record]:
    """Read a CSV of ``source,record,patient,labels6,ptbxl_fold``; ``source`` may be any name.

    Parameters
    ----------
    data : Path
        Folder that ``record`` is relative to.
    csv_path : Path
        The manifest. ``labels6`` is a ``;``-separated list of keys of ``MANIFEST_LABELS``.

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


def _labels(text: str, csv_path: Path) -> frozenset[str]:
    parts = [w.strip() for w in text.split(";") if w.strip()]
    unknown = [w for w in parts if w not in MANIFEST_LABELS]
    if unknown:
        known = ", ".join(MANIFEST_LABELS)
        raise ManifestError(f"{csv_path}: label {unknown[0]!r} is none of {known}")
    return frozenset(MANIFEST_LABELS[w] for w in parts)


def _read_archive(path: Path, row: int) -> ECG:
    """A record of the z-scored set: no millivolts, but the limb leads in their true proportion."""
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
