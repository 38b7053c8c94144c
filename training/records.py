"""The 12-lead records that the model is developed on."""

from pathlib import Path
from typing import Final

from training.sources import Record, read_ludb, read_ptbxl, read_ptbxl_extra, read_ptbxl_zscored

TESTED: Final = ("ptbxl-first500", "ludb")
"""Sources whose records are tested on, each in the fold of its patient; others only train."""


def development_records(data: Path) -> list[Record]:
    """Every labelled 12-lead record of the data folder, each ECG once, test sources first.

    PTB-XL records come several times (z-scored, in Challenge form): the first, in millivolts,
    stays. A record is the same when its number in PTB-XL is.
    """
    candidates = [
        *read_ptbxl(data),
        *read_ludb(data),
        *read_ptbxl_extra(data),
        *read_ptbxl_zscored(data),
    ]
    first: dict[str, Record] = {}
    for record in candidates:
        if record.labels:
            first.setdefault(_number(record), record)
    return list(first.values())


def _number(record: Record) -> str:
    """A name that two copies of one PTB-XL record share."""
    if record.source == "ludb":
        return record.id
    digits = "".join(c for c in Path(record.id).name.removesuffix("_hr") if c.isdigit())
    return f"ptbxl-{int(digits)}"
