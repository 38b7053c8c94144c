"""Folders of beat images, one per letter, as the original HeartSense was trained on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from training.sources.record import INFARCTION, NORMAL, OTHER, SUPRAVENTRICULAR, VENTRICULAR

FOLDER_CONDITIONS: Final = {
    "N": NORMAL,
    "S": SUPRAVENTRICULAR,
    "V": VENTRICULAR,
    "F": OTHER,  # fusion beats, not hypertrophy
    "Q": OTHER,  # paced and unclassifiable beats, not infarction
    "M": INFARCTION,  # not miscellaneous
}
"""The letters of AAMI EC57, and M. The original's list of conditions misread F, Q and M."""

_SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"})


@dataclass(frozen=True, slots=True)
class BeatImage:
    """An image of one beat. The set does not name patients: each image counts as one."""

    id: str
    source: str
    patient: str
    labels: frozenset[str]
    path: Path


def read_beat_images(folder: Path, source: str = "beats") -> list[BeatImage]:
    """Read the images below ``folder/N``, ``S``, ``V``, ``F``, ``Q`` and ``M``, ordered by name.

    Raises
    ------
    ValueError
        If ``folder`` has none of these folders.
    """
    letters = [letter for letter in FOLDER_CONDITIONS if (folder / letter).is_dir()]
    if not letters:
        raise ValueError(f"{folder} has none of the folders {' '.join(FOLDER_CONDITIONS)}")
    return [
        BeatImage(
            id=path.relative_to(folder).as_posix(),
            source=source,
            patient=f"{source}-{path.relative_to(folder).as_posix()}",
            labels=frozenset({FOLDER_CONDITIONS[letter]}),
            path=path,
        )
        for letter in letters
        for path in sorted((folder / letter).rglob("*"))
        if path.suffix.lower() in _SUFFIXES
    ]
