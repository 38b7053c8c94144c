"""Authorization: roles, and who may read which prediction."""

from heartsense.errors import PermissionDeniedError, SecondFactorMissingError
from heartsense.service.accounts import Identity, Role
from heartsense.service.audit import Action, Actor, AuditTrail
from heartsense.service.predictions import Prediction, PredictionRepository, no_such_prediction
from heartsense.service.settings import SecondFactorSettings, load


def require_role(identity: Identity, role: Role) -> None:
    """Raise unless the caller has `role`, and the second factor that it needs.

    Raises
    ------
    PermissionDeniedError, SecondFactorMissingError
    """
    if role not in identity.roles:
        raise PermissionDeniedError(f"This request needs the role '{role}'.")
    require_second_factor(identity)


def require_second_factor(identity: Identity) -> None:
    """Raise SecondFactorMissingError unless the account has one, or none is required."""
    if not identity.second_factor and load(SecondFactorSettings).second_factor_required:
        raise SecondFactorMissingError(
            "Turn on two-step sign-in on your account page first: it protects other people's data."
        )


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
    SecondFactorMissingError
        It is another person's, and the doctor has no second factor.
    AuditUnavailableError
        It cannot be recorded, and may not be read.
    """
    prediction = predictions.get(prediction_id)
    if prediction is None:
        raise no_such_prediction()
    if prediction.owner != identity.user_id:
        if Role.DOCTOR not in identity.roles:
            raise no_such_prediction()
        require_second_factor(identity)
        doctor = as_role(identity, Role.DOCTOR)
        audit.record(doctor, action, prediction.owner, prediction.id)
    return prediction
