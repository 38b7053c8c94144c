"""MIT-BIH Arrhythmia Database (Moody and Mark 2001): beats and rhythms to our conditions."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import wfdb

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
"""Inter-patient split of de Chazal et al. 2004: train on DS1, test on DS2."""

_SAME_PERSON: Final = {"202": "201"}


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
    annotation = wfdb.rdann(str(path), "atr")
    times = annotation.sample / header.fs
    changes = [
        (float(t), aux.strip("\x00").lstrip("("))
        for t, symbol, aux in zip(times, annotation.symbol, annotation.aux_note, strict=True)
        if symbol == "+"
    ]
    records = []
    for i in range(int(header.sig_len / header.fs // seconds)):
        start, end = i * seconds, (i + 1) * seconds
        inside = (times >= start) & (times < end)
        symbols = [s for s, keep in zip(annotation.symbol, inside, strict=True) if keep]
        before = [r for t, r in changes if t <= start][-1:]
        rhythms = before + [r for t, r in changes if start < t < end]
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
