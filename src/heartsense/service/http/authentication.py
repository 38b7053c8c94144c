"""Who calls: the one place where a request's bearer token becomes an identity."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Depends
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer
from aws_lambda_powertools.event_handler.request import Request

from heartsense.errors import NotSignedInError
from heartsense.service.accounts import (
    AccountRepository,
    Identity,
    KeyRing,
    SessionService,
    verify_access_token,
)
from heartsense.service.database import database
from heartsense.service.rate_limiter import RateLimiter
from heartsense.service.settings import secret

SECURITY_SCHEME = {"bearer": HTTPBearer(bearerFormat="JWT")}
BEARER_AUTH: list[dict[str, list[str]]] = [{"bearer": []}]


def key_ring() -> KeyRing:
    """The keys in force; a rotation is seen within `settings.SECRET_SECONDS`."""
    return KeyRing.from_json(secret("TOKEN_KEYS"))


def build_rate_limiter() -> RateLimiter:
    """Create the limiter; its counters are keyed by the current signing key."""
    return RateLimiter(database(), key_ring().derive_key("limiter"))


def signed_in(request: Request) -> Identity:
    """The caller, with the roles of this moment; refuses tokens of sessions that have ended.

    Raises
    ------
    NotSignedInError
        There is no bearer token.
    TokenRefusedError
        It is not valid, or its session has ended.
    AccountClosingError
        The account is being deleted.
    """
    return _sessions().confirm(_bearer(request))


def leaving(request: Request) -> Identity:
    """The caller as `signed_in`, also of an account that is being deleted."""
    return _sessions().confirm(_bearer(request), allow_pending_deletion=True)


def _bearer(request: Request) -> Identity:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotSignedInError("Sign in first: this needs an access token.")
    return verify_access_token(key_ring(), token.strip())


def _sessions() -> SessionService:
    return SessionService(AccountRepository(database()), key_ring())


Caller = Annotated[Identity, Depends(signed_in)]
DeletingCaller = Annotated[Identity, Depends(leaving)]
