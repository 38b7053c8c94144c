"""Age, sex and SCP likelihoods of the records' patients, where a source names them."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from training.sources.ptbxl import SCP_CODES, scp_codes
from training.sources.record import INFARCTION

_OLDEST: Final = 89
"""PTB-XL writes 300 for ages above it."""
_FEMALE: Final = "1"


@dataclass(frozen=True, slots=True)
class Person:
    """The patient of one record.

    Attributes
    ----------
    age : float or None
        Years.
    sex : {"female", "male", ""}
    infarction : float or None
        Greatest likelihood, in percent, of a code of myocardial infarction; 0 is unknown.
    """

    age: float | None = None
    sex: str = ""
    infarction: float | None = None


def people_of_records(data: Path) -> dict[str, Person]:
    """The patients of PTB-XL's and LUDB's records in millivolts, by the record's id."""
    return dict([*_ptbxl(data), *_ludb(data)])


def _ptbxl(data: Path) -> Iterator[tuple[str, Person]]:
    rows = [
        (f"ptbxl/{row['filename_hr']}", row) for row in _rows(data / "ptbxl/ptbxl_database.csv")
    ]
    for table in ("ptbxl-more/records.csv", "ptbxl-extra/scp_codes.csv"):
        rows += [(row["record"], row) for row in _rows(data / table)]
    for id, row in rows:
        codes = scp_codes(row)
        infarctions = [codes[code] for code in codes if code in SCP_CODES[INFARCTION]]
        age = float(row["age"]) if row["age"] else None
        yield (
            id,
            Person(
                age=None if age is None else min(age, _OLDEST + 1),
                sex="female" if row["sex"] == _FEMALE else "male",
                infarction=max(infarctions, default=None),
            ),
        )


def _ludb(data: Path) -> Iterator[tuple[str, Person]]:
    for row in _rows(data / "ludb" / "ludb.csv"):
        years = re.search(r"\d+", row["Age"])
        sex = {"F": "female", "M": "male"}.get(row["Sex"].strip(), "")
        age = float(years.group()) if years else None
        yield f"ludb/data/{row['ID'].strip()}", Person(age, sex)


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
