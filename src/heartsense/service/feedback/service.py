"""Doctors' reviews: adding them, and exporting them for training."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from heartsense.errors import PredictionNotReadyError
from heartsense.service.clock import truncate_to_milliseconds
from heartsense.service.feedback.repository import ReviewRepository
from heartsense.service.feedback.review import Review, Verdict, reviewed_conditions
from heartsense.service.predictions import (
    PAGE_IMAGE,
    Prediction,
    PredictionRepository,
    no_such_prediction,
)
from heartsense.service.predictions.storage import artifact_key


@dataclass(frozen=True, slots=True)
class FeedbackService:
    """Adds and exports doctors' reviews."""

    reviews: ReviewRepository
    predictions: PredictionRepository

    def submit(
        self,
        prediction: Prediction,
        reviewer: str,
        verdict: Verdict,
        conditions: Sequence[str],
        comment: str,
    ) -> Review:
        """Add a doctor's review to a prediction; it counts until the next one.

        Raises
        ------
        PredictionNotReadyError, InvalidFeedbackError
        PredictionNotFoundError
            The prediction has been deleted in the meantime.
        """
        if prediction.result is None:
            raise PredictionNotReadyError("There is no result to review: the image was not read.")
        reviewed = reviewed_conditions(verdict, conditions, prediction.result["findings"])
        now = truncate_to_milliseconds(datetime.now(UTC))
        review = Review(reviewer, verdict, reviewed, comment, now)
        self.reviews.add(prediction.id, prediction.owner, review)
        if self.predictions.get(prediction.id) is None:
            # Its deletion has missed this review.
            self.reviews.delete_by_prediction(prediction.id)
            raise no_such_prediction()
        return review

    def export(self, after: str, limit: int) -> tuple[list[tuple[Prediction, str]], str | None]:
        """Up to `limit` reviewed predictions, each with its JSON line.

        Beside them the `after` of the next page, or None.
        """
        reviewed = self.reviews.reviewed(after, limit)
        next_after = reviewed[-1][0] if len(reviewed) == limit else None
        found = self.predictions.get_many(prediction_id for prediction_id, _ in reviewed)
        lines = [
            (found[prediction_id], _line(found[prediction_id], review))
            for prediction_id, review in reviewed
            if prediction_id in found
        ]
        return lines, next_after


def _line(prediction: Prediction, review: Review) -> str:
    """A prediction with its latest review; the image key only with the patient's consent."""
    image_key = artifact_key(prediction.owner, prediction.id, PAGE_IMAGE)
    record = {
        "prediction_id": prediction.id,
        "sha256": prediction.sha256,
        "model_version": prediction.model_version,
        "picture_key": image_key if prediction.keep_for_training else None,
        "page": prediction.page,
        "verdict": str(review.verdict),
        "conditions": [*review.conditions],
        "comment": review.comment,
        "reviewed_at": review.reviewed_at.isoformat(timespec="milliseconds"),
    }
    return json.dumps(record, ensure_ascii=False) + "\n"
