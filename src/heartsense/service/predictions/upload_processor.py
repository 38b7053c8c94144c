"""From an uploaded picture to exactly one kept outcome, however often its arrival is told.

S3 and SQS deliver at least once and in any order, and a function may end at any step. So the
upload is deleted last: until then a repeated delivery does the same again, and afterwards it finds
nothing to do. Where the prediction was deleted meanwhile, what was just kept is deleted too.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

from heartsense.errors import ClassificationFailedError
from heartsense.service.predictions.prediction import Answer, Outcome, Refusal, outcome_key
from heartsense.service.predictions.repository import PredictionRepository, UploadState
from heartsense.service.predictions.storage import Pictures

MOST_ATTEMPTS = 5
"""The delivery at which no further classification is tried: the queue's maxReceiveCount."""


@dataclass(frozen=True, slots=True)
class UploadProcessor:
    """Classifies uploads.

    Parameters
    ----------
    answer
        Answers one page of a picture; equal bytes give equal answers.
    model_version
        Of the model that `answer` uses.
    """

    store: PredictionRepository
    pictures: Pictures
    answer: Callable[[bytes, int], Answer]
    model_version: str

    def receive(self, owner: str, prediction_id: str, attempt: int = 1) -> UploadState:
        """Take one delivery of one upload; where it stands then.

        Raises
        ------
        ClassificationFailedError
            At the last attempt: nothing came of those before it. The prediction says so.
        """
        ticket = self.store.ticket(prediction_id)
        if ticket is not UploadState.PENDING:
            return self._tidy(owner, prediction_id, ticket)
        if attempt < MOST_ATTEMPTS:
            return self._classify(owner, prediction_id)
        return self._give_up(owner, prediction_id)

    def _classify(self, owner: str, prediction_id: str) -> UploadState:
        data = self.pictures.upload(owner, prediction_id)
        prediction = self.store.get(prediction_id)
        if data is None or prediction is None:
            # Another delivery was faster, or the owner: both leave nothing to do here.
            return self.store.ticket(prediction_id)
        digest = hashlib.sha256(data).hexdigest()
        key = outcome_key(owner, digest, prediction.page, self.model_version)
        ticket = self.store.join(prediction_id, key)
        if ticket is UploadState.PENDING:
            answer = self.answer(data, prediction.page)
            self.pictures.keep(owner, prediction_id, answer.pictures)
            outcome = Outcome(
                key, answer.result, answer.refusal, digest, self.model_version, answer.heatmaps
            )
            ticket = self.store.finish(prediction_id, outcome, datetime.now(UTC))
        return self._tidy(owner, prediction_id, ticket)

    def _give_up(self, owner: str, prediction_id: str) -> NoReturn:
        failure = ClassificationFailedError(
            "This picture could not be classified because of a fault on our side. "
            "Upload it again; if it fails again, tell us through the contact form."
        )
        given_up = Outcome(None, refusal=Refusal.of(failure))
        ticket = self.store.finish(prediction_id, given_up, datetime.now(UTC))
        self._tidy(owner, prediction_id, ticket)
        raise failure

    def _tidy(self, owner: str, prediction_id: str, ticket: UploadState) -> UploadState:
        """Delete what an upload in this state has no use for: only a result has pictures."""
        if ticket is UploadState.DONE:
            self.pictures.forget_upload(owner, prediction_id)
        else:
            self.pictures.forget(owner, prediction_id)
        return ticket
