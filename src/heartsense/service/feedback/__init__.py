"""Doctors' feedback: every review of a prediction is kept, and the last one counts."""

from typing import Any

from pymongo.database import Database

from heartsense.service.feedback.repository import ReviewRepository, create_indexes
from heartsense.service.feedback.review import Review, Verdict
from heartsense.service.feedback.service import FeedbackService

__all__ = [
    "FeedbackService",
    "Review",
    "ReviewRepository",
    "Verdict",
    "create_indexes",
    "forget_all",
    "forget_prediction",
]


def forget_all(database: Database[dict[str, Any]], account: str) -> None:
    """Delete the reviews of an account's predictions, and who wrote those by it; repeatable."""
    feedback = ReviewRepository(database)
    feedback.forget_owner(account)
    feedback.forget_reviewer(account)


def forget_prediction(database: Database[dict[str, Any]], prediction: str) -> None:
    """Delete the reviews of a prediction; may be repeated."""
    ReviewRepository(database).forget_prediction(prediction)
