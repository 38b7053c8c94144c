"""PTB-XL (Wagner et al. 2020): SCP-ECG statements to our conditions."""

import ast
import csv
from collections.abc import Iterable, Iterator
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

SCP_CODES: Final[dict[str, frozenset[str]]] = {
    SUPRAVENTRICULAR: frozenset({"AFIB", "AFLT", "SVTAC", "PSVT", "SVARR", "PAC"}),
    VENTRICULAR: frozenset({"PVC", "BIGU", "TRIGU"}),
    INFARCTION: frozenset(
        {"IMI", "ASMI", "ILMI", "AMI", "ALMI", "INJAS", "LMI", "INJAL"}
        | {"IPLMI", "IPMI", "INJIN", "INJLA", "PMI", "INJIL"}
    ),
    HYPERTROPHY: frozenset({"LVH", "LAO/LAE", "RVH", "RAO/RAE", "SEHYP", "VCLVH"}),
    OTHER: frozenset(
        # conduction
        {"LAFB", "IRBBB", "1AVB", "IVCD", "CRBBB", "CLBBB", "LPFB", "WPW", "ILBBB", "3AVB", "2AVB"}
        # ST and T changes
        | {"NDT", "NST_", "DIG", "LNGQT", "ISC_", "ISCAL", "ISCIN", "ISCIL", "ISCAS", "ISCLA"}
        | {"ANEUR", "EL", "ISCAN"}
        | {"PACE"}
    ),
}
"""The diagnostic classes MI, HYP, CD and STTC of ``scp_statements.csv``, rhythms, PACE, VCLVH."""

_EXTRA_SOURCES: Final = {"ptbxl-extra": "ptbxl-sara-es", "cinc2021": "cinc-samples"}


def conditions_of(codes: Iterable[str]) -> frozenset[str]:
    """Our conditions for one record's SCP codes.

    Likelihoods are ignored: in PTB-XL 0 means "unknown", not "absent". ``normal`` needs NORM and
    none of the others.
    """
    codes = set(codes)
    found = frozenset(condition for condition, scp in SCP_CODES.items() if scp & codes)
    return found or (frozenset({NORMAL}) if "NORM" in codes else frozenset())


def read_database(data: Path) -> list[dict[str, str]]:
    """The rows of ``ptbxl/ptbxl_database.csv``."""
    return list(_rows(data / "ptbxl" / "ptbxl_database.csv"))


def read_statements(data: Path) -> dict[str, str]:
    """Description of each SCP code."""
    rows = _rows(data / "ptbxl" / "scp_statements.csv")
    return {row[""]: row["description"] for row in rows}


def read_ptbxl(data: Path) -> list[Record]:
    """Read the records of ``ptbxl/ptbxl_database.csv`` whose 500 Hz files exist."""
    folder = data / "ptbxl"
    records = [
        Record(
            id=f"ptbxl/{row['filename_hr']}",
            source="ptbxl-first500",
            patient=f"ptbxl-{int(float(row['patient_id']))}",
            labels=_labels(row),
            path=folder / row["filename_hr"],
            fold=int(row["strat_fold"]),
        )
        for row in read_database(data)
    ]
    return [r for r in records if r.path.with_name(r.path.name + ".hea").exists()]


def read_ptbxl_extra(data: Path) -> list[Record]:
    """Read the records of ``ptbxl-extra/scp_codes.csv``, some in Challenge format."""
    return [
        Record(
            id=row["record"],
            source=_EXTRA_SOURCES[row["record"].partition("/")[0]],
            patient=row["patient"],
            labels=_labels(row),
            path=data / row["record"],
            fold=int(row["ptbxl_fold"]),
        )
        for row in _rows(data / "ptbxl-extra" / "scp_codes.csv")
    ]


def read_ptbxl_more(data: Path) -> list[Record]:
    """Read the records of ``ptbxl-more/records.csv``; none if the folder is not there."""
    table = data / "ptbxl-more" / "records.csv"
    if not table.is_file():
        return []
    return [
        Record(
            id=row["record"],
            source="ptbxl-more",
            patient=row["patient"],
            labels=_labels(row),
            path=data / row["record"],
            fold=int(row["ptbxl_fold"]),
        )
        for row in _rows(table)
    ]


def read_ptbxl_zscored(data: Path) -> list[Record]:
    """Read the z-scored set: for training only, its signals have no millivolts."""
    folder = data / "ptbxl-zscored"
    return [
        Record(
            id=f"ptbxl-zscored/{int(row['ecg_id']):05d}",
            source="ptbxl-zscored",
            patient=row["patient"],
            labels=_labels(row),
            path=folder / "signals_125hz_int16.npz",
            fold=int(row["ptbxl_fold"]),
            row=i,
        )
        for i, row in enumerate(_rows(folder / "records.csv"))
    ]


def photographed_patients(data: Path) -> frozenset[str]:
    """Patients of ``real-photos/``, whose printed pages were photographed."""
    table = data / "real-photos" / "truth.csv"
    return frozenset(row["patient"] for row in _rows(table)) if table.is_file() else frozenset()


def scp_codes(row: dict[str, str]) -> dict[str, float]:
    """SCP codes of a table row and their likelihoods in percent.

    Raises
    ------
    ValueError
        If ``scp_codes`` is not a dictionary.
    """
    codes = ast.literal_eval(row["scp_codes"])
    if not isinstance(codes, dict):
        raise ValueError(f"scp_codes is no dictionary: {row['scp_codes']!r}")
    return {str(k): float(v) for k, v in codes.items()}


def _labels(row: dict[str, str]) -> frozenset[str]:
    return conditions_of(scp_codes(row))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)
