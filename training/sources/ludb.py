"""LUDB (Kalyakulina et al. 2020): diagnostic statements to our conditions."""

import csv
import re
from pathlib import Path
from typing import Final

from training.sources.record import (
    HYPERTROPHY,
    INFARCTION,
    NORMAL,
    OTHER,
    SUPRAVENTRICULAR,
    VENTRICULAR,
    Record,
)

_SUPRAVENTRICULAR: Final = re.compile(
    r"^(atrial fibrillation|atrial flutter|wandering atrial pacemaker|atrial extrasystole)"
)
_VENTRICULAR: Final = re.compile(r"^ventricular extrasystole")
_INFARCTION: Final = re.compile(r"^(stemi|scar formation|undefined ischemia/scar/supp\.nstemi)")
_ISCHEMIA: Final = re.compile(r"^ischemia")
_OTHER_COLUMNS: Final = (
    "Conduction abnormalities",
    "Cardiac pacing",
    "Non-specific repolarization abnormalities",
    "Other states",  # all of them early repolarization
)


def conditions_of(row: dict[str, str]) -> frozenset[str]:
    """Our conditions for one row of ``ludb.csv``; ``normal`` without any of the others."""
    said = {column: _statements(cell) for column, cell in row.items()}

    def names(pattern: re.Pattern[str], *columns: str) -> bool:
        return any(pattern.match(s) for c in columns for s in said.get(c, []))

    infarction = names(_INFARCTION, "Ischemia")
    ischemia_alone = names(_ISCHEMIA, "Ischemia") and not infarction
    found = {
        SUPRAVENTRICULAR: names(_SUPRAVENTRICULAR, "Rhythms", "Extrasystolies"),
        VENTRICULAR: names(_VENTRICULAR, "Extrasystolies"),
        INFARCTION: infarction,
        HYPERTROPHY: bool(said.get("Hypertrophies")),
        OTHER: any(said.get(c) for c in _OTHER_COLUMNS) or ischemia_alone,
    }
    return frozenset(c for c, yes in found.items() if yes) or frozenset({NORMAL})


def _statements(cell: str | None) -> list[str]:
    """The statements of one cell, which has one per line."""
    return [line.strip().lower() for line in (cell or "").splitlines() if line.strip()]


def read_ludb(data: Path) -> list[Record]:
    """Read the 200 records of ``ludb/ludb.csv``, one per patient."""
    with (data / "ludb" / "ludb.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        Record(
            id=f"ludb/data/{row['ID'].strip()}",
            source="ludb",
            patient=f"ludb-{row['ID'].strip()}",
            labels=conditions_of(row),
            path=data / "ludb" / "data" / row["ID"].strip(),
        )
        for row in rows
    ]
