"""Who may see which prediction: the one place where that is decided."""

from heartsense.service.accounts import Identity
from heartsense.service.accounts.roles import Role
from heartsense.service.predictions import Prediction, PredictionRepository, no_such_prediction


def readable(store: PredictionRepository, identity: Identity, prediction_id: str) -> Prediction:
    """A prediction of the caller's, or any for a doctor.

    NoSuchPredictionError otherwise: that there is one of somebody else's is nobody's business.
    """
    prediction = store.get(prediction_id)
    if prediction is None:
        raise no_such_prediction()
    if prediction.owner != identity.user and Role.DOCTOR not in identity.roles:
        raise no_such_prediction()
    return prediction
