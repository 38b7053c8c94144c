"""Authentication: from a request's bearer token to the identity of its caller."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Depends
from aws_lambda_powertools.event_handler.request import Request

from heartsense.errors import NotAuthenticatedError
from heartsense.service.accounts import (
    AccountRepository,
    Identity,
    KeyRing,
    VerificationKeys,
    current_identity,
    verify_access_token,
)
from heartsense.service.database import database
from heartsense.service.rate_limiter import RateLimiter
from heartsense.service.settings import secret

BEARER_AUTH: list[dict[str, list[str]]] = [{"bearer": []}]


def key_ring() -> KeyRing:
    """The keys that sign, for the function that signs users in.

    A rotation is seen within `settings.SECRET_CACHE_SECONDS`.
    """
    return KeyRing.from_json(secret("TOKEN_KEYS"))


def verification_keys() -> VerificationKeys:
    """The keys that verify; all that the other functions have."""
    return VerificationKeys.from_jwks(secret("TOKEN_JWKS"))


def build_rate_limiter() -> RateLimiter:
    """Create the limiter, whose counters are under digests keyed by LIMITER_KEY."""
    return RateLimiter(database(), secret("LIMITER_KEY").encode())


def authenticate(request: Request) -> Identity:
    """The caller with current roles.

    Raises
    ------
    NotAuthenticatedError
        There is no bearer token.
    InvalidAccessTokenError
        It is invalid, or its session has ended.
    AccountDeletionPendingError
        The account is being deleted.
    """
    return current_identity(AccountRepository(database()), _token_identity(request))


def authenticate_for_deletion(request: Request) -> Identity:
    """Like `authenticate`, but also for an account that is being deleted."""
    return current_identity(
        AccountRepository(database()), _token_identity(request), allow_pending_deletion=True
    )


def _token_identity(request: Request) -> Identity:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotAuthenticatedError("Sign in first: this request needs an access token.")
    return verify_access_token(verification_keys(), token.strip())


Caller = Annotated[Identity, Depends(authenticate)]
DeletingCaller = Annotated[Identity, Depends(authenticate_for_deletion)]
