"""Who may see which prediction: the one place where that is decided."""

from heartsense.errors import NotAllowedError
from heartsense.service.accounts import Identity, Role
from heartsense.service.predictions import Prediction, PredictionRepository, no_such_prediction


def require_role(identity: Identity, role: Role) -> None:
    """Raise NotAllowedError unless the caller has `role`."""
    if role not in identity.roles:
        raise NotAllowedError(f"This needs the role '{role}'.")


def readable_prediction(
    store: PredictionRepository, identity: Identity, prediction_id: str
) -> Prediction:
    """A prediction of the caller's, or any for a doctor.

    NoSuchPredictionError otherwise: that there is one of somebody else's is nobody's business.
    """
    prediction = store.get(prediction_id)
    if prediction is None:
        raise no_such_prediction()
    if prediction.owner != identity.user_id and Role.DOCTOR not in identity.roles:
        raise no_such_prediction()
    return prediction
