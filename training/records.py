"""The 12-lead records for training and testing."""

from pathlib import Path
from typing import Final

from training.sources import (
    Record,
    photographed_patients,
    read_ludb,
    read_ptbxl,
    read_ptbxl_extra,
    read_ptbxl_more,
    read_ptbxl_zscored,
)

TEST_SOURCES: Final = ("ptbxl-first500", "ludb")
"""Sources whose records are tested, each in the fold of its patient; others only train."""
EXTERNAL_SOURCES: Final = ("ptbxl-sara-es", "cinc-samples")
"""Records from other collections, some in the Challenge's form: a model that is tested on them is
trained without them. Those of patients that it is trained on are left out."""


def development_records(data: Path) -> list[Record]:
    """Every labelled 12-lead record of the data folder, each ECG once, test sources first.

    PTB-XL records come several times (z-scored, in Challenge format), with the same PTB-XL
    number: the first, in millivolts, is kept.
    """
    candidates = [
        *read_ptbxl(data),
        *read_ludb(data),
        *read_ptbxl_extra(data),
        *read_ptbxl_more(data),
        *read_ptbxl_zscored(data),
    ]
    first: dict[str, Record] = {}
    for record in candidates:
        if record.labels:
            first.setdefault(_record_key(record), record)
    return list(first.values())


def training_records(data: Path) -> list[Record]:
    """The development records that a model may be trained on.

    Patients whose pages were photographed are left out: figures on those photos stay honest.
    """
    return without_photographed(development_records(data), data)


def without_photographed(records: list[Record], data: Path) -> list[Record]:
    """The records of patients whose printed pages are not among the photographs."""
    photographed = photographed_patients(data)
    return [record for record in records if record.patient not in photographed]


def records_of_no_figure(data: Path) -> list[Record]:
    """Records of patients that no figure of the digitizer is measured on.

    Its networks learn from pages of these: of ``ptbxl-more``, without the patients of photographs
    and of the sources whose pages are read.
    """
    measured = [*read_ptbxl(data), *read_ludb(data), *read_ptbxl_extra(data)]
    patients = {record.patient for record in measured}
    records = without_photographed(read_ptbxl_more(data), data)
    return [record for record in records if record.patient not in patients]


def _record_key(record: Record) -> str:
    """A key that all copies of one PTB-XL record share."""
    if record.source == "ludb":
        return record.id
    digits = "".join(c for c in Path(record.id).name.removesuffix("_hr") if c.isdigit())
    return f"ptbxl-{int(digits)}"
