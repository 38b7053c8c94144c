"""A doctor's review of a prediction, and the rules it has to follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from heartsense.conditions import CONDITION_IDS, UNCERTAIN
from heartsense.errors import InvalidFeedbackError

NORMAL = "normal"


class Verdict(StrEnum):
    """Whether the doctor agrees with the prediction."""

    CONFIRMED = "confirmed"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class Review:
    """One review; `reviewer` is an account id, or None once that account is deleted.

    `conditions` are those that the doctor sees: the confirmed or the corrected ones.
    """

    reviewer: str | None
    verdict: Verdict
    conditions: tuple[str, ...]
    comment: str
    reviewed_at: datetime


def reviewed_conditions(
    verdict: Verdict, conditions: Sequence[str], findings: Sequence[str]
) -> tuple[str, ...]:
    """The conditions of a review, in their canonical order.

    Parameters
    ----------
    conditions
        The correct conditions; empty or the findings with a confirmation.
    findings
        The predicted conditions.

    Raises
    ------
    InvalidFeedbackError
        The verdict and the conditions contradict each other.
    """
    if verdict is Verdict.CONFIRMED:
        return _confirmed(conditions, findings)
    if not conditions:
        raise InvalidFeedbackError("A correction must name at least one condition.")
    if set(conditions) - set(CONDITION_IDS):
        raise InvalidFeedbackError(
            "Unknown condition. Use the ids of the conditions in the prediction."
        )
    if NORMAL in conditions and len(set(conditions)) > 1:
        raise InvalidFeedbackError("'normal' excludes all other conditions.")
    return tuple(id for id in CONDITION_IDS if id in conditions)


def _confirmed(conditions: Sequence[str], findings: Sequence[str]) -> tuple[str, ...]:
    if UNCERTAIN.id in findings:
        raise InvalidFeedbackError(
            "Nothing was found that could be confirmed. Name the conditions that you see."
        )
    if conditions and set(conditions) != set(findings):
        raise InvalidFeedbackError("Only a correction can name other conditions.")
    return tuple(id for id in CONDITION_IDS if id in findings)
