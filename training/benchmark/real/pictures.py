"""A folder of real pictures, and the signal printed on each."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from heartsense.ecg import ECG, LEADS
from training import ManifestError
from training.features.extraction import mask_to_layout
from training.sources import read_record

TRUTH_FILE: Final = "truth.csv"
PICTURE_SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".pdf")
ASSUMED_LAYOUT: Final = "3x4+1"
"""The layout of a page whose record does not say what is printed of it."""

_BASE_LAYOUTS: Final = {4: "3x4", 2: "6x2", 1: "12x1"}
"""The layouts of twelve leads by their number of columns."""


@dataclass(frozen=True, slots=True)
class RealPicture:
    """A picture, and the record printed on it: without suffix, or None if it is not known."""

    name: str
    path: Path
    record: Path | None


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The signal that a page shows.

    Attributes
    ----------
    ecg : ECG
        NaN where nothing is printed.
    layout : str or None
        The layout that shows so much of each lead; None where it is not one of twelve leads.
    masked : bool
        True if the record does not say what is printed, and `ASSUMED_LAYOUT` was taken.
    """

    ecg: ECG
    layout: str | None
    masked: bool


def read_pictures(folder: Path) -> list[RealPicture]:
    """Read ``truth.csv``: ``picture,truth``, paths relative to the folder.

    There may be other columns, and pictures without ``truth``. A folder of pictures without
    ``truth.csv`` has no records.

    Raises
    ------
    FileNotFoundError
        If there is no ``truth.csv`` and no picture, or a listed picture is not there.
    ManifestError
        If a column is missing, or there are no pictures.
    """
    table = folder / TRUTH_FILE
    if not table.exists() and folder.is_dir():
        found = sorted(p for p in folder.iterdir() if p.suffix.lower() in PICTURE_SUFFIXES)
        if found:
            return [RealPicture(path.name, path, None) for path in found]
    with table.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    missing = {"picture", "truth"} - set(reader.fieldnames or ())
    if missing:
        raise ManifestError(f"{table} has no column {', '.join(sorted(missing))}")
    if not rows:
        raise ManifestError(f"{table} lists no pictures")
    return [_picture(folder, row["picture"], row["truth"]) for row in rows]


def _picture(folder: Path, name: str, record: str | None) -> RealPicture:
    path = folder / name
    if not path.is_file():
        raise FileNotFoundError(f"{folder / TRUTH_FILE} lists {name!r}: no picture {path}")
    return RealPicture(name, path, folder / record if record else None)


def read_truth(record: Path) -> Truth:
    """Read what a page shows of a record.

    Missing samples of the record are those that are not printed. A record of twelve leads without
    any missing sample does not say what is printed of it: then only what a 3x4+1 page shows
    counts, the first ten seconds with 2.5 s of each lead and all of lead II.

    Parameters
    ----------
    record : Path
        In WFDB or Challenge form.

    Raises
    ------
    FileNotFoundError, ValueError
        As ``read_record``.
    """
    ecg = read_record(record)
    masked = set(LEADS) <= set(ecg.leads) and bool(np.isfinite(ecg.signal).all())
    if masked:
        ecg = mask_to_layout(ecg, ASSUMED_LAYOUT)
    return Truth(ecg, shown_layout(ecg), masked)


def shown_layout(ecg: ECG) -> str | None:
    """The layout that shows so much of each lead; None if no lead or not all twelve are shown."""
    coverage = ecg.coverage()
    shares = np.array([coverage.get(lead, 0.0) for lead in LEADS])
    if not shares.all():
        return None
    common = float(np.median(shares))
    page = float(np.isfinite(ecg.signal).any(axis=1).mean())
    base = _BASE_LAYOUTS.get(round(page / common))
    strips = int((shares > 1.5 * common).sum())
    return base and (f"{base}+{strips}" if strips else base)
