"""The released model on a folder of real pictures: normal ones against the rest."""

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from joblib import Parallel, delayed
from rich.console import Console
from rich.progress import track

from heartsense.errors import HeartSenseError
from heartsense.pipeline import read
from training import ManifestError
from training.evaluate.metrics import auroc_with_interval

NORMAL: Final = "normal"
_COLUMN: Final = "labels6"


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """A picture, and whether its ECG is labelled normal and nothing else."""

    path: Path
    normal: bool


def labelled_pictures(folder: Path) -> list[LabelledPicture]:
    """The labelled pictures of a folder.

    ``truth.csv`` has a column ``labels6`` of labels divided by ``;``. Where there is none, the
    label is the second part of a file's name, as in ``khan-Normal-101.jpg``; others have no label.

    Raises
    ------
    ManifestError
        If no picture is labelled.
    """
    table = folder / "truth.csv"
    if table.exists():
        with table.open(newline="", encoding="utf-8-sig") as file:
            rows = [(row["picture"], row.get(_COLUMN) or "") for row in csv.DictReader(file)]
        found = [(folder / name, labels) for name, labels in rows if labels]
    else:
        parts = [(path, path.stem.split("-")) for path in sorted(folder.glob("*-*-*.*"))]
        found = [(path, part[1]) for path, part in parts]
    if not found:
        raise ManifestError(f"{folder} has no labelled pictures")
    return [LabelledPicture(path, label.lower() == NORMAL) for path, label in found]


def score_pictures(pictures: Sequence[LabelledPicture], jobs: int = 1) -> dict[str, Any]:
    """Classify pictures; the AUROC of `normal` among those that were read, with its interval."""
    work = Parallel(n_jobs=jobs, return_as="generator")(delayed(_classify)(p) for p in pictures)
    console = Console(stderr=True)  # standard output is for the report
    answers = list(track(work, "Classifying pictures", total=len(pictures), console=console))
    read_ones = [(p.normal, a) for p, a in zip(pictures, answers, strict=True) if a is not None]
    truth = np.array([normal for normal, _ in read_ones], dtype=np.bool_)
    given = np.array([probability for _, probability in read_ones], dtype=np.float64)
    interval = asdict(auroc_with_interval(truth, given))
    return {
        "normal_auroc": {k: v if np.isfinite(v) else None for k, v in interval.items()},
        "pictures": len(pictures),
        "normal": sum(p.normal for p in pictures),
        "refused": [
            p.path.name for p, answer in zip(pictures, answers, strict=True) if answer is None
        ],
    }


def _classify(picture: LabelledPicture) -> float | None:
    """The probability of `normal`; None where there is none."""
    try:
        result = read(picture.path)
    except HeartSenseError:
        return None
    return next((f.probability for f in result.conditions if f.id == NORMAL), None)
