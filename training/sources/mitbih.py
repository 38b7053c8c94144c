"""MIT-BIH Arrhythmia Database: beats and rhythms to our conditions."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import wfdb

from training.sources.record import NORMAL, OTHER, SUPRAVENTRICULAR, VENTRICULAR, Record

AAMI: Final = {
    **dict.fromkeys("NLRej", "N"),
    **dict.fromkeys("AaJS", "S"),
    **dict.fromkeys("VE", "V"),
    "F": "F",
    **dict.fromkeys("/fQ", "Q"),
}
"""The database's beat symbols to AAMI EC57's letters."""

LETTERS: Final = {
    "N": NORMAL,
    "S": SUPRAVENTRICULAR,
    "V": VENTRICULAR,
    "F": OTHER,
    "Q": OTHER,
}
"""AAMI's letters to our conditions."""

RHYTHMS: Final = {
    **dict.fromkeys(("AFIB", "AFL", "SVTA", "AB"), SUPRAVENTRICULAR),
    **dict.fromkeys(("B", "T", "VT", "VFL", "IVR"), VENTRICULAR),
    **dict.fromkeys(("P", "BII", "PREX"), OTHER),
}
"""Rhythm statements to our conditions; sinus, sinus bradycardia and nodal say nothing."""

DS1: Final = (
    *("101", "106", "108", "109", "112", "114", "115", "116", "118", "119", "122"),
    *("124", "201", "203", "205", "207", "208", "209", "215", "220", "223", "230"),
)
DS2: Final = (
    *("100", "103", "105", "111", "113", "117", "121", "123", "200", "202", "210"),
    *("212", "213", "214", "219", "221", "222", "228", "231", "232", "233", "234"),
)
"""The published protocol (de Chazal et al. 2004): train on DS1, test on DS2."""

_SAME_PERSON: Final = {"202": "201"}


def patient_of(name: str) -> str:
    """Who a recording is of; 201 and 202 are one person."""
    return f"mitbih-{_SAME_PERSON.get(name, name)}"


def conditions_of(symbols: Iterable[str], rhythms: Iterable[str]) -> frozenset[str]:
    """Our conditions for the beats and rhythms of one stretch.

    ``normal`` needs at least one beat, all of AAMI's class N, and no other rhythm.
    """
    beats = {LETTERS[AAMI[s]] for s in symbols if s in AAMI}
    found = beats - {NORMAL} | {RHYTHMS[r] for r in rhythms if r in RHYTHMS}
    return frozenset(found) or frozenset(beats)


def read_mitbih(data: Path, seconds: float = 10.0) -> list[Record]:
    """Every recording of ``mitbih/`` cut into stretches of ``seconds``."""
    folder = data / "mitbih"
    return [
        stretch
        for header in sorted(folder.glob("*.hea"))
        for stretch in _stretches(header.with_suffix(""), seconds)
    ]


def _stretches(path: Path, seconds: float) -> list[Record]:
    header = wfdb.rdheader(str(path))
    notes = wfdb.rdann(str(path), "atr")
    at = notes.sample / header.fs
    changes = [
        (float(t), aux.strip("\x00").lstrip("("))
        for t, symbol, aux in zip(at, notes.symbol, notes.aux_note, strict=True)
        if symbol == "+"
    ]
    records = []
    for i in range(int(header.sig_len / header.fs // seconds)):
        start, end = i * seconds, (i + 1) * seconds
        inside = (at >= start) & (at < end)
        symbols = [s for s, yes in zip(notes.symbol, inside, strict=True) if yes]
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
