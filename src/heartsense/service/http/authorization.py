"""Authorization: roles, and who may read which prediction."""

from heartsense.errors import PermissionDeniedError
from heartsense.service.accounts import Identity, Role
from heartsense.service.audit import Action, Actor, AuditTrail
from heartsense.service.predictions import Prediction, PredictionRepository, no_such_prediction


def require_role(identity: Identity, role: Role) -> None:
    """Raise PermissionDeniedError unless the caller has `role`."""
    if role not in identity.roles:
        raise PermissionDeniedError(f"This request needs the role '{role}'.")


def as_owner(identity: Identity) -> Actor:
    """The caller, acting on data of their own."""
    return Actor(identity.user_id, "owner")


def as_role(identity: Identity, role: Role) -> Actor:
    """The caller, acting on data of others in a role."""
    return Actor(identity.user_id, str(role))


def readable_prediction(
    predictions: PredictionRepository,
    identity: Identity,
    prediction_id: str,
    audit: AuditTrail,
    action: Action,
) -> Prediction:
    """A prediction that the caller may read: their own, or any for a doctor.

    What a doctor does with another person's is recorded first, as `action`.

    Raises
    ------
    PredictionNotFoundError
        Also for other users' predictions, to hide whether they exist.
    AuditUnavailableError
        It cannot be recorded, and may not be read.
    """
    prediction = predictions.get(prediction_id)
    if prediction is None:
        raise no_such_prediction()
    if prediction.owner != identity.user_id:
        if Role.DOCTOR not in identity.roles:
            raise no_such_prediction()
        doctor = as_role(identity, Role.DOCTOR)
        audit.record(doctor, action, prediction.owner, prediction.id)
    return prediction
