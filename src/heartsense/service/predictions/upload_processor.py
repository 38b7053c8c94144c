"""Turns each upload into exactly one stored outcome, however often S3 and SQS deliver its event.

Both deliver at least once and in any order, and a function may be killed at any step. So the upload
is deleted last: until then a repeated delivery repeats the work, afterwards it finds nothing to do.
If the prediction was deleted in the meantime, what was just stored is deleted too.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn, Protocol

from heartsense.errors import ClassificationFailedError
from heartsense.service.predictions.prediction import (
    ImageClassification,
    Outcome,
    Refusal,
    outcome_key,
)
from heartsense.service.predictions.repository import PredictionRepository, UploadState
from heartsense.service.predictions.storage import PredictionStorage

MAX_ATTEMPTS = 5
"""The delivery that fails the prediction instead of classifying it: the queue's maxReceiveCount."""


class ImageClassifier(Protocol):
    """Classifies one page of an uploaded file; the same bytes always give the same outcome."""

    def __call__(self, data: bytes, page: int, /) -> ImageClassification:
        """Pages count from 1."""


@dataclass(frozen=True, slots=True)
class UploadProcessor:
    """Classifies uploads; `model_version` is that of the model `classify` uses."""

    repository: PredictionRepository
    storage: PredictionStorage
    classify: ImageClassifier
    model_version: str

    def process(self, owner: str, prediction_id: str, attempt: int = 1) -> UploadState:
        """Process one delivery of one upload; returns the state that the upload is in then.

        Raises
        ------
        ClassificationFailedError
            This was the last attempt, and all before it failed. The prediction says so.
        """
        state = self.repository.upload_state(prediction_id)
        if state is not UploadState.PENDING:
            return self._clean_up(owner, prediction_id, state)
        if attempt < MAX_ATTEMPTS:
            return self._classify(owner, prediction_id)
        return self._give_up(owner, prediction_id)

    def _classify(self, owner: str, prediction_id: str) -> UploadState:
        data = self.storage.read_upload(owner, prediction_id)
        prediction = self.repository.get(prediction_id)
        if data is None or prediction is None:
            # Another delivery has finished it, or its owner has deleted it.
            return self.repository.upload_state(prediction_id)
        digest = hashlib.sha256(data).hexdigest()
        key = outcome_key(owner, digest, prediction.page, self.model_version)
        state = self.repository.link_duplicate(prediction_id, key)
        if state is UploadState.PENDING:
            found = self.classify(data, prediction.page)
            self.storage.save_artifacts(owner, prediction_id, found.artifacts)
            outcome = Outcome(
                key, found.result, found.refusal, digest, self.model_version, found.heatmaps
            )
            state = self.repository.finish(prediction_id, outcome, datetime.now(UTC))
        return self._clean_up(owner, prediction_id, state)

    def _give_up(self, owner: str, prediction_id: str) -> NoReturn:
        failure = ClassificationFailedError(
            "This image could not be classified because of a fault on our side. "
            "Upload it again; if it fails again, tell us through the contact form."
        )
        outcome = Outcome(None, refusal=Refusal.of(failure))
        state = self.repository.finish(prediction_id, outcome, datetime.now(UTC))
        self._clean_up(owner, prediction_id, state)
        raise failure

    def _clean_up(self, owner: str, prediction_id: str, state: UploadState) -> UploadState:
        """Delete the objects that are not needed in this state: only a result has artifacts."""
        if state is UploadState.DONE:
            self.storage.delete_upload(owner, prediction_id)
        else:
            self.storage.delete(owner, prediction_id)
        return state
