"""The result of a prediction that a doctor has reviewed: the doctor's word leads."""

from collections.abc import Mapping
from typing import Any, Final

from heartsense.conclusion import conclude_review
from heartsense.service.feedback.review import Review

_MACHINE_FIELDS: Final = (
    *("conditions", "findings", "possible", "headline", "urgency", "what_to_do", "retake"),
    *("reasons", "advice"),
)
_REASON: Final = "A doctor has read this ECG."
_SEEN: Final = "Seen by a doctor"
_NOT_SEEN: Final = "Not seen by a doctor"


def with_review(result: Mapping[str, Any], review: Review | None) -> Mapping[str, Any]:
    """A result in which the latest review, if any, takes the place of the classifier's answer.

    Parameters
    ----------
    result
        As it is stored.
    review
        The latest review of the prediction.

    Returns
    -------
    mapping
        With a review: findings, urgency, words and the statuses of all conditions are the doctor's.
        ``machine`` has the classifier's answer, by the same names, and ``review`` says who was
        right, when, and with which comment.
    """
    if review is None:
        return result
    return {
        **result,
        **conclude_review(review.conditions).to_dict(),
        "conditions": [_reviewed(found, review) for found in result["conditions"]],
        "reasons": [],
        "advice": None,
        "machine": {name: result.get(name) for name in _MACHINE_FIELDS},
        "review": {
            "verdict": str(review.verdict),
            "comment": review.comment,
            "reviewed_at": review.reviewed_at,
        },
    }


def _reviewed(found: Mapping[str, Any], review: Review) -> dict[str, Any]:
    seen = found["id"] in review.conditions
    return {
        **found,
        "status": "likely" if seen else "unlikely",
        "status_label": _SEEN if seen else _NOT_SEEN,
        "probability": None,
        "votes": None,
        "tier_means": None,
        "evidence": [],
        "reason": _REASON,
    }
