"""What SCP codes say of each statement, and what a statement has to be worth."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from heartsense.classifier.statements import PACED
from heartsense.classifier.strip.early_beats import EARLY_BEAT_NAMES
from heartsense.measurements import P_COHERENCE_NAMES, P_PROFILE_NAMES
from training.sources.ptbxl import scp_codes


@dataclass(frozen=True, slots=True)
class Target:
    """How a statement is learned and judged.

    Attributes
    ----------
    learned : frozenset of str
        SCP codes of the records that it is learned from and whose share is its sensitivity.
    right : frozenset of str
        SCP codes of the records on which it is right.
    sought_ppv : float
        The least PPV on out-of-fold training records, from which the threshold follows.
    sensitivity, ppv : float
        What it has to reach on held-out patients to be said.
    voltages : bool
        Whether it needs millivolts.
    also_reads : tuple of str
        Features it reads beside the measurements, of ``further_features``.
    only : tuple of str
        The measurements that it reads; empty for all.
    rule : bool
        Whether it has no trees: its score is ``paced_score``.
    ludb : bool
        Whether LUDB tells it as well.
    """

    learned: frozenset[str]
    right: frozenset[str]
    sought_ppv: float
    sensitivity: float
    ppv: float
    voltages: bool = False
    also_reads: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    rule: bool = False
    ludb: bool = False


def _target(
    codes: str, sought: float, sensitivity: float, ppv: float, also: str = "", *, mv: bool = False
) -> Target:
    learned = frozenset(codes.split())
    return Target(learned, learned | frozenset(also.split()), sought, sensitivity, ppv, mv)


_OF_P_WAVES: Final = (
    *("heart_rate", "rr_median", "rr_variation", "rr_step_rms", "rr_irregular_share"),
    *("pr_ms", "qrs_ms", "qt_ms", "p_found", "p_scatter", "p_size"),
)
"""Measurements that tell where a P wave is to be sought, and whether there is one."""

TARGETS: Final[dict[str, Target]] = {
    "regular_with_p_waves": replace(
        _target("SR SBRAD STACH SARRH", 0.95, 0.9, 0.9), also_reads=P_COHERENCE_NAMES
    ),
    "atrial_fibrillation_or_flutter": replace(
        _target("AFIB AFLT", 0.85, 0.8, 0.8), also_reads=P_COHERENCE_NAMES
    ),
    "left_bundle_branch_block": _target("CLBBB", 0.85, 0.85, 0.8),
    "right_bundle_branch_block": _target("CRBBB", 0.85, 0.85, 0.8, "IRBBB"),
    "left_anterior_fascicular_block": _target("LAFB", 0.82, 0.6, 0.75),
    PACED: replace(_target("PACE", 0.85, 0.5, 0.75, mv=True), rule=True, ludb=True),
    "wide_qrs": _target("CRBBB CLBBB IVCD PACE", 0.8, 0.5, 0.75),
    "long_pr": replace(
        _target("1AVB LPR", 0.62, 0.5, 0.6),
        also_reads=(*P_PROFILE_NAMES, *P_COHERENCE_NAMES),
        only=_OF_P_WAVES,
    ),
    "wide_early_beats": replace(
        _target("PVC BIGU", 0.8, 0.55, 0.75), also_reads=(*EARLY_BEAT_NAMES, *P_COHERENCE_NAMES)
    ),
    "left_ventricular_hypertrophy": _target("LVH VCLVH", 0.63, 0.6, 0.6, mv=True),
}
"""By id of the statement."""


def scp_codes_of_records(data: Path) -> dict[str, frozenset[str]]:
    """The SCP codes of every PTB-XL record, by its id."""
    return {id: frozenset(scp_codes(row)) for id, row in _rows(data)}


def pacing_of_ludb(data: Path) -> dict[str, frozenset[str]]:
    """``PACE`` for LUDB's paced records, nothing for its others, by id."""
    return {
        f"ludb/data/{row['ID'].strip()}": frozenset({"PACE"} if row["Cardiac pacing"] else ())
        for row in _table(data / "ludb" / "ludb.csv")
    }


def _rows(data: Path) -> Iterator[tuple[str, dict[str, str]]]:
    for row in _table(data / "ptbxl" / "ptbxl_database.csv"):
        yield f"ptbxl/{row['filename_hr']}", row
    for path in ("ptbxl-more/records.csv", "ptbxl-extra/scp_codes.csv"):
        yield from ((row["record"], row) for row in _table(data / path))
    for row in _table(data / "ptbxl-zscored" / "records.csv"):
        yield f"ptbxl-zscored/{int(row['ecg_id']):05d}", row


def _table(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)
