"""Authorization: roles, and who may read which prediction."""

from heartsense.errors import PermissionDeniedError
from heartsense.service.accounts import Identity, Role
from heartsense.service.predictions import Prediction, PredictionRepository, no_such_prediction


def require_role(identity: Identity, role: Role) -> None:
    """Raise PermissionDeniedError unless the caller has `role`."""
    if role not in identity.roles:
        raise PermissionDeniedError(f"This request needs the role '{role}'.")


def readable_prediction(
    predictions: PredictionRepository, identity: Identity, prediction_id: str
) -> Prediction:
    """A prediction that the caller may read: their own, or any for a doctor.

    Raises
    ------
    PredictionNotFoundError
        Also for other users' predictions, to hide whether they exist.
    """
    prediction = predictions.get(prediction_id)
    if prediction is None:
        raise no_such_prediction()
    if prediction.owner != identity.user_id and Role.DOCTOR not in identity.roles:
        raise no_such_prediction()
    return prediction
