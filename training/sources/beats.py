"""Folders of beat pictures, one folder a letter, as the original HeartSense was trained on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from training.sources.record import INFARCTION, NORMAL, OTHER, SUPRAVENTRICULAR, VENTRICULAR

FOLDERS: Final = {
    "N": NORMAL,
    "S": SUPRAVENTRICULAR,
    "V": VENTRICULAR,
    "F": OTHER,  # fusion beats, not hypertrophy
    "Q": OTHER,  # paced and unclassifiable beats, not infarction
    "M": INFARCTION,  # not miscellaneous
}
"""AAMI EC57's letters and M, as the pictures were sorted. The original's list misread F, Q, M."""

_ENDINGS: Final = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"})


@dataclass(frozen=True, slots=True)
class BeatPicture:
    """One picture of one beat. Its set names no patients: ``patient`` is the picture itself."""

    id: str
    source: str
    patient: str
    labels: frozenset[str]
    path: Path


def read_beats(folder: Path, source: str = "beats") -> list[BeatPicture]:
    """The pictures below ``folder/N``, ``S``, ``V``, ``F``, ``Q`` and ``M``, in order of name.

    Raises
    ------
    ValueError
        If ``folder`` has none of these folders.
    """
    letters = [letter for letter in FOLDERS if (folder / letter).is_dir()]
    if not letters:
        raise ValueError(f"{folder} has none of the folders {' '.join(FOLDERS)}")
    return [
        BeatPicture(
            id=path.relative_to(folder).as_posix(),
            source=source,
            patient=f"{source}-{path.relative_to(folder).as_posix()}",
            labels=frozenset({FOLDERS[letter]}),
            path=path,
        )
        for letter in letters
        for path in sorted((folder / letter).rglob("*"))
        if path.suffix.lower() in _ENDINGS
    ]
