"""What a doctor says of a prediction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from heartsense.conditions import CONDITION_IDS, UNCERTAIN
from heartsense.errors import InvalidFeedbackError

NORMAL = "normal"


class Verdict(StrEnum):
    CONFIRMED = "confirmed"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class Review:
    """One doctor's word; `reviewer` is an account's id, or None once that account is deleted.

    `conditions` are what the doctor sees: those that were confirmed, or what is right instead.
    """

    reviewer: str | None
    verdict: Verdict
    conditions: tuple[str, ...]
    comment: str
    reviewed_at: datetime


def settled(
    verdict: Verdict, conditions: Sequence[str], findings: Sequence[str]
) -> tuple[str, ...]:
    """The conditions that a verdict stands for, in their order.

    Parameters
    ----------
    conditions
        What the doctor says is right instead; empty with a confirmation.
    findings
        What was predicted.

    Raises
    ------
    InvalidFeedbackError
    """
    if verdict is Verdict.CONFIRMED:
        return _confirmed(conditions, findings)
    if not conditions:
        raise InvalidFeedbackError("A correction names at least one condition.")
    if unknown := sorted(set(conditions) - set(CONDITION_IDS)):
        raise InvalidFeedbackError(
            f"There are {len(CONDITION_IDS)} conditions, and {len(unknown)} of these is none of "
            "them. Take the ids from the prediction."
        )
    if NORMAL in conditions and len(set(conditions)) > 1:
        raise InvalidFeedbackError("'normal' excludes all other conditions.")
    return tuple(id for id in CONDITION_IDS if id in conditions)


def _confirmed(conditions: Sequence[str], findings: Sequence[str]) -> tuple[str, ...]:
    if UNCERTAIN.id in findings:
        raise InvalidFeedbackError("Nothing was found that could be confirmed: say what you see.")
    if conditions and set(conditions) != set(findings):
        raise InvalidFeedbackError("A confirmation names no conditions; a correction does.")
    return tuple(id for id in CONDITION_IDS if id in findings)
