"""The 12-lead records for training and testing."""

from pathlib import Path
from typing import Final

from training.sources import Record, read_ludb, read_ptbxl, read_ptbxl_extra, read_ptbxl_zscored

TEST_SOURCES: Final = ("ptbxl-first500", "ludb")
"""Sources whose records are tested, each in the fold of its patient; others only train."""


def development_records(data: Path) -> list[Record]:
    """Every labelled 12-lead record of the data folder, each ECG once, test sources first.

    PTB-XL records come several times (z-scored, in Challenge format), with the same PTB-XL
    number: the first, in millivolts, is kept.
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
            first.setdefault(_record_key(record), record)
    return list(first.values())


def _record_key(record: Record) -> str:
    """A key that all copies of one PTB-XL record share."""
    if record.source == "ludb":
        return record.id
    digits = "".join(c for c in Path(record.id).name.removesuffix("_hr") if c.isdigit())
    return f"ptbxl-{int(digits)}"
