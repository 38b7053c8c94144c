"""Deletes predictions with everything that belongs to them; can be repeated until it succeeds.

A prediction is hidden first and its document is deleted last, so an interrupted deletion can be
found and completed.
"""

from dataclasses import dataclass
from typing import Protocol

from heartsense.errors import PredictionNotFoundError
from heartsense.service.predictions.repository import PredictionRepository, UploadState
from heartsense.service.predictions.storage import PredictionStorage


class DeleteRelated(Protocol):
    """Deletes the data that other parts of the service keep about a prediction."""

    def __call__(self, prediction_id: str, /) -> None:
        """Delete it; idempotent."""


@dataclass(frozen=True, slots=True)
class PredictionDeletion:
    """Deletes predictions, their objects and their related data."""

    repository: PredictionRepository
    storage: PredictionStorage
    delete_related: DeleteRelated

    def owned(self, owner: str, prediction_id: str) -> str:
        """The id of a prediction to delete, also of one whose deletion was interrupted.

        Raises
        ------
        PredictionNotFoundError
            The owner has no such prediction.
        """
        prediction = self.repository.get(prediction_id)
        if prediction is not None and prediction.owner == owner:
            return prediction.id
        if (owner, prediction_id) in self.repository.unfinished_deletions(owner):
            return prediction_id
        raise no_such_prediction()

    def delete(self, owner: str, prediction_id: str) -> None:
        """Delete one prediction with its artifacts, its result and its duplicate uploads.

        Raises
        ------
        PredictionNotFoundError
            The owner has no such prediction.
        """
        self._delete(owner, self.owned(owner, prediction_id))
        # An upload that was shown as another's duplicate may have become one of its own meanwhile.
        if self.repository.upload_state(prediction_id) is not UploadState.GONE:
            self._delete(owner, prediction_id)

    def delete_by_owner(self, owner: str) -> None:
        """Delete all predictions of an owner; idempotent.

        An upload that arrives later finds no prediction and is deleted then.
        """
        self.storage.delete_by_owner(owner)
        self.repository.remove_all(owner)
        # Artifacts may have been saved between the two calls above.
        self.storage.delete_by_owner(owner)

    def sweep(self) -> int:
        """Complete interrupted deletions; returns how many."""
        unfinished = self.repository.unfinished_deletions()
        for owner, prediction_id in unfinished:
            self._delete(owner, prediction_id)
        return len(unfinished)

    def _delete(self, owner: str, prediction_id: str) -> None:
        for upload_id in self.repository.begin_deletion(prediction_id):
            self.storage.delete(owner, upload_id)
            self.delete_related(upload_id)
        self.repository.remove(prediction_id)


def no_such_prediction() -> PredictionNotFoundError:
    """The same error for a prediction of another user and for none at all."""
    return PredictionNotFoundError("There is no such prediction. It may have been deleted.")
