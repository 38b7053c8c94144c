"""MIT-BIH Arrhythmia Database (Moody and Mark 2001): beats and rhythms to our conditions."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import wfdb
from numpy.typing import NDArray

from training.sources.record import NORMAL, OTHER, SUPRAVENTRICULAR, VENTRICULAR, Record

AAMI_CLASSES: Final = {
    **dict.fromkeys("NLRej", "N"),
    **dict.fromkeys("AaJS", "S"),
    **dict.fromkeys("VE", "V"),
    "F": "F",
    **dict.fromkeys("/fQ", "Q"),
}
"""Beat symbols to the classes of AAMI EC57."""

AAMI_CONDITIONS: Final = {
    "N": NORMAL,
    "S": SUPRAVENTRICULAR,
    "V": VENTRICULAR,
    "F": OTHER,
    "Q": OTHER,
}
"""AAMI classes to our conditions."""

RHYTHM_CONDITIONS: Final = {
    **dict.fromkeys(("AFIB", "AFL", "SVTA", "AB"), SUPRAVENTRICULAR),
    **dict.fromkeys(("B", "T", "VT", "VFL", "IVR"), VENTRICULAR),
    **dict.fromkeys(("P", "BII", "PREX"), OTHER),
}
"""Rhythm annotations to our conditions; sinus and nodal rhythms have none."""

DS1: Final = (
    *("101", "106", "108", "109", "112", "114", "115", "116", "118", "119", "122"),
    *("124", "201", "203", "205", "207", "208", "209", "215", "220", "223", "230"),
)
DS2: Final = (
    *("100", "103", "105", "111", "113", "117", "121", "123", "200", "202", "210"),
    *("212", "213", "214", "219", "221", "222", "228", "231", "232", "233", "234"),
)
"""Inter-patient split of de Chazal et al. 2004: train on DS1, test on DS2.

201 and 202 are one person, so a model that is tested on 202 must not train on 201."""

_SAME_PERSON: Final = {"202": "201"}

_TEXT_LINE: Final = re.compile(r"^\s*[\d:.]+\s+(\d+)\s+(\S+)\s+-?\d+\s+\d+\s+\d+\s*(\S*)\s*$")
"""A line of ``annotations_txt/``: time, sample, symbol, three numbers, note."""


def patient_of(name: str) -> str:
    """The patient of a recording; 201 and 202 are one person."""
    return f"mitbih-{_SAME_PERSON.get(name, name)}"


def conditions_of(symbols: Iterable[str], rhythms: Iterable[str]) -> frozenset[str]:
    """Our conditions for the beats and rhythms of one segment.

    ``normal`` needs at least one beat, all of AAMI's class N, and no other rhythm.
    """
    beats = {AAMI_CONDITIONS[AAMI_CLASSES[s]] for s in symbols if s in AAMI_CLASSES}
    found = beats - {NORMAL} | {RHYTHM_CONDITIONS[r] for r in rhythms if r in RHYTHM_CONDITIONS}
    return frozenset(found) or frozenset(beats)


@dataclass(frozen=True, slots=True)
class Annotations:
    """Annotations of one recording.

    Attributes
    ----------
    seconds : float64 array, shape (n,)
        Time of each annotation, ascending.
    symbols : sequence of str
        One for each; not all are beats.
    changes : sequence of (float, str)
        Time in seconds at which each rhythm begins, and its name.
    """

    seconds: NDArray[np.float64]
    symbols: Sequence[str]
    changes: Sequence[tuple[float, str]]

    def symbols_between(self, start: float, end: float) -> list[str]:
        """Symbols from ``start`` to before ``end`` seconds."""
        first, last = np.searchsorted(self.seconds, (start, end))
        return list(self.symbols[first:last])

    def rhythms_between(self, start: float, end: float) -> list[str]:
        """The rhythm at ``start`` and those that begin before ``end`` seconds."""
        before = [rhythm for time, rhythm in self.changes if time <= start][-1:]
        return before + [rhythm for time, rhythm in self.changes if start < time < end]

    def rhythm_shares(self, start: float, end: float) -> dict[str, float]:
        """Share of the time from ``start`` to ``end`` that each rhythm takes, 0 to 1."""
        shares: dict[str, float] = {}
        ends = [time for time, _ in self.changes[1:]] + [np.inf]
        for (begins, rhythm), stops in zip(self.changes, ends, strict=True):
            common = min(stops, end) - max(begins, start)
            if common > 0:
                shares[rhythm] = shares.get(rhythm, 0.0) + common / (end - start)
        return shares


def read_annotations(path: Path, rate: float) -> Annotations:
    """Read the annotations of a recording, ``path`` being the record without ending.

    The rhythms are notes of the ``.atr`` file. Some copies of the database have lost these notes;
    ``annotations_txt/``, the database's own listing of the same annotations, then has them.
    """
    annotation = wfdb.rdann(str(path), "atr")
    notes = zip(annotation.sample, annotation.symbol, annotation.aux_note, strict=True)
    rhythms = [(int(at), note.strip("\x00")) for at, symbol, note in notes if symbol == "+"]
    listing = path.parent / "annotations_txt" / f"{path.name}annotations.txt"
    if not any(note for _, note in rhythms) and listing.is_file():
        rhythms = _listed_rhythms(listing)
    return Annotations(
        seconds=annotation.sample / rate,
        symbols=annotation.symbol,
        changes=[(at / rate, note.lstrip("(")) for at, note in rhythms if note],
    )


def _listed_rhythms(listing: Path) -> list[tuple[int, str]]:
    """Sample and note of each change of rhythm in a text listing."""
    lines = (_TEXT_LINE.match(line) for line in listing.read_text().splitlines())
    return [(int(line[1]), line[3]) for line in lines if line and line[2] == "+"]


def read_mitbih(data: Path, seconds: float = 10.0) -> list[Record]:
    """Read every recording of ``mitbih/``, cut into segments of ``seconds``."""
    folder = data / "mitbih"
    return [
        segment
        for header in sorted(folder.glob("*.hea"))
        for segment in _segments(header.with_suffix(""), seconds)
    ]


def _segments(path: Path, seconds: float) -> list[Record]:
    header = wfdb.rdheader(str(path))
    annotations = read_annotations(path, header.fs)
    records = []
    for i in range(int(header.sig_len / header.fs // seconds)):
        start, end = i * seconds, (i + 1) * seconds
        symbols = annotations.symbols_between(start, end)
        rhythms = annotations.rhythms_between(start, end)
        records.append(
            Record(
                id=f"mitbih/{path.name}/{i:03d}",
                source="mitbih",
                patient=patient_of(path.name),
                labels=conditions_of(symbols, rhythms),
                path=path,
                start=start,
                seconds=seconds,
            )
        )
    return records
