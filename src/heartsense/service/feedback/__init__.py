"""Doctors' feedback: all reviews of a prediction are stored, and the latest one counts."""

from typing import Any

from pymongo.database import Database

from heartsense.service.feedback.repository import ReviewRepository, create_indexes
from heartsense.service.feedback.review import Review, Verdict
from heartsense.service.feedback.reviewed_result import with_review
from heartsense.service.feedback.service import FeedbackService

__all__ = [
    "FeedbackService",
    "Review",
    "ReviewRepository",
    "Verdict",
    "create_indexes",
    "delete_account_data",
    "delete_by_prediction",
    "with_review",
]


def delete_account_data(database: Database[dict[str, Any]], account: str) -> None:
    """Delete the reviews of an account's predictions and anonymise those it wrote; idempotent."""
    reviews = ReviewRepository(database)
    reviews.delete_by_owner(account)
    reviews.anonymize_reviewer(account)


def delete_by_prediction(database: Database[dict[str, Any]], prediction: str) -> None:
    """Delete the reviews of a prediction; idempotent."""
    ReviewRepository(database).delete_by_prediction(prediction)
