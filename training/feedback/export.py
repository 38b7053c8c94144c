"""Corrections from the JSON lines of ``GET /feedback/export``."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from heartsense.conditions import CONDITION_IDS
from training import FeedbackError
from training.sources.record import NORMAL

Skipped = dict[str, str]
"""Prediction id to a code for why its feedback is not used."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A doctor's labels of one page.

    Attributes
    ----------
    prediction : str
        The prediction's id.
    content : str
        SHA-256 of the upload and the page number: identifies the ECG, whoever uploaded it.
    page : int
        The page that was classified, from 1.
    picture : str
        Key of the picture, kept with the patient's consent.
    labels : frozenset of str
        Condition ids.
    reviewed_at : datetime
    """

    prediction: str
    content: str
    page: int
    picture: str
    labels: frozenset[str]
    reviewed_at: datetime


def read_export(path: Path) -> tuple[list[Correction], Skipped]:
    """Read an export: the latest correction of each ECG.

    Returns
    -------
    corrections : list of Correction
        Ordered by ``content``.
    skipped : dict
        ``no_consent``: the patient did not agree to keep the picture. ``no_conditions``: none of
        the six is named, so there is no label. ``contradiction``: normal and another condition.
        ``superseded``: the same ECG was reviewed again later.

    Raises
    ------
    FeedbackError
        If a line does not have the fields of an export.
    """
    usable: list[Correction] = []
    skipped: Skipped = {}
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        row = _row(text, f"{path}, line {number}")
        if reason := _skip_reason(row):
            skipped[row["prediction_id"]] = reason
        else:
            usable.append(_correction(row))
    latest: dict[str, Correction] = {}
    for correction in sorted(usable, key=lambda c: c.reviewed_at):
        if earlier := latest.get(correction.content):
            skipped[earlier.prediction] = "superseded"
        latest[correction.content] = correction
    return [latest[content] for content in sorted(latest)], skipped


def _row(text: str, where: str) -> Mapping[str, Any]:
    try:
        row = json.loads(text)
        unknown = set(row["conditions"] or ()) - {*CONDITION_IDS, "uncertain"}
        datetime.fromisoformat(row["reviewed_at"])
        row["prediction_id"], row["sha256"], row["page"], row["picture_key"]
    except (ValueError, KeyError, TypeError) as error:
        raise FeedbackError(f"{where} is not one of a feedback export: {error!r}") from error
    if unknown:
        raise FeedbackError(f"{where}: {unknown.pop()!r} is none of {', '.join(CONDITION_IDS)}")
    return dict(row)


def _skip_reason(row: Mapping[str, Any]) -> str | None:
    conditions = set(row["conditions"] or ())
    if row["picture_key"] is None:
        return "no_consent"
    if not conditions or "uncertain" in conditions:
        return "no_conditions"
    if NORMAL in conditions and len(conditions) > 1:
        return "contradiction"
    return None


def _correction(row: Mapping[str, Any]) -> Correction:
    return Correction(
        prediction=row["prediction_id"],
        content=f"{row['sha256']}-{row['page']}",
        page=row["page"],
        picture=row["picture_key"],
        labels=frozenset(row["conditions"]),
        reviewed_at=datetime.fromisoformat(row["reviewed_at"]),
    )
