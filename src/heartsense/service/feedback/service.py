"""Giving feedback, and taking it out for training."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from heartsense.errors import PredictionNotDoneError
from heartsense.service.clock import truncate_to_milliseconds
from heartsense.service.feedback.repository import ReviewRepository
from heartsense.service.feedback.review import Review, Verdict, settled
from heartsense.service.predictions import (
    PICTURE,
    Prediction,
    PredictionRepository,
    no_such_prediction,
)
from heartsense.service.predictions.storage import answer_key


@dataclass(frozen=True, slots=True)
class FeedbackService:
    feedback: ReviewRepository
    predictions: PredictionRepository

    def give(
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
        PredictionNotDoneError, InvalidFeedbackError
        NoSuchPredictionError
            The prediction was deleted meanwhile.
        """
        if prediction.result is None:
            raise PredictionNotDoneError("There is no result to review: the picture was not read.")
        agreed = settled(verdict, conditions, prediction.result["findings"])
        now = truncate_to_milliseconds(datetime.now(UTC))
        review = Review(reviewer, verdict, agreed, comment, now)
        self.feedback.add(prediction.id, prediction.owner, review)
        if self.predictions.get(prediction.id) is None:
            # Its deletion has swept the reviews already.
            self.feedback.forget_prediction(prediction.id)
            raise no_such_prediction()
        return review

    def export(self, after: str, limit: int) -> tuple[str, str | None]:
        """JSON lines of up to `limit` reviewed predictions, and where the next ones begin."""
        reviewed = self.feedback.reviewed(after, limit)
        following = reviewed[-1][0] if len(reviewed) == limit else None
        return "".join(self._lines(reviewed)), following

    def _lines(self, reviewed: Sequence[tuple[str, Review]]) -> Iterator[str]:
        predictions = self.predictions.get_many(prediction_id for prediction_id, _ in reviewed)
        for prediction_id, review in reviewed:
            if prediction_id in predictions:
                yield _line(predictions[prediction_id], review)


def _line(prediction: Prediction, review: Review) -> str:
    """One line: a prediction and the review that counts; the picture only with consent."""
    picture = answer_key(prediction.owner, prediction.id, PICTURE)
    line = {
        "prediction_id": prediction.id,
        "sha256": prediction.sha256,
        "model_version": prediction.model_version,
        "picture_key": picture if prediction.keep_for_training else None,
        "page": prediction.page,
        "verdict": str(review.verdict),
        "conditions": [*review.conditions],
        "comment": review.comment,
        "reviewed_at": review.reviewed_at.isoformat(timespec="milliseconds"),
    }
    return json.dumps(line, ensure_ascii=False) + "\n"
