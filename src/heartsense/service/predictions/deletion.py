"""Deleting predictions with their pictures: repeatable, and never half seen.

A prediction is hidden first and its document goes last, so that a deletion that was cut off can be
found and finished.
"""

from collections.abc import Callable
from dataclasses import dataclass

from heartsense.errors import NoSuchPredictionError
from heartsense.service.predictions.repository import PredictionRepository
from heartsense.service.predictions.storage import Pictures


@dataclass(frozen=True, slots=True)
class PredictionDeletion:
    """Deletes predictions.

    Parameters
    ----------
    forget_rest
        Deletes what others keep of a prediction, by its id; may be repeated.
    """

    store: PredictionRepository
    pictures: Pictures
    forget_rest: Callable[[str], None]

    def delete(self, owner: str, prediction_id: str) -> None:
        """Delete one prediction: picture, derived pictures, result, later uploads of the same.

        May be repeated until it returns; NoSuchPredictionError where there is none of this owner.
        """
        prediction = self.store.get(prediction_id)
        if prediction is not None and prediction.owner == owner:
            self._delete(owner, prediction.id)
        elif (owner, prediction_id) in self.store.deleting(owner):
            self._delete(owner, prediction_id)
        else:
            raise no_such_prediction()

    def forget_owner(self, owner: str) -> None:
        """Delete everything of an owner; may be repeated.

        An upload that arrives afterwards finds no prediction, and is deleted.
        """
        self.pictures.forget_owner(owner)
        self.store.remove_all(owner)
        # What was kept for a prediction between the two.
        self.pictures.forget_owner(owner)

    def sweep(self) -> int:
        """Finish deletions that were cut off; how many."""
        left = self.store.deleting()
        for owner, prediction_id in left:
            self._delete(owner, prediction_id)
        return len(left)

    def _delete(self, owner: str, prediction_id: str) -> None:
        for part in self.store.begin_deleting(prediction_id):
            self.pictures.forget(owner, part)
            self.forget_rest(part)
        self.store.remove(prediction_id)


def no_such_prediction() -> NoSuchPredictionError:
    """One answer for another's prediction and for none."""
    return NoSuchPredictionError("There is no such prediction. It may have been deleted.")
