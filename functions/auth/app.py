"""Accounts over HTTP: registration, sessions, passwords, the contact form; their daily sweep."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.request import Request
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.auth import bodies, cookies
from functions.auth.offices import (
    ClosingOffice,
    ContactOffice,
    PasswordOffice,
    RecoveryOffice,
    RegistrationOffice,
    SessionsOffice,
    SignInOffice,
    Source,
    Store,
    sweep,
)
from heartsense.accounts import read_address
from heartsense.api import SIGNED_IN, Caller, Leaver, build_api, documented, json_only
from heartsense.errors import TokenRefusedError

logger = Logger()
# Not AWS's own calls: X-Ray would keep their errors, and SES's quote the recipient.
tracer = Tracer(patch_modules=["pymongo"])
api = build_api()
api.use([json_only])

_TYPE = HTTPStatus.UNSUPPORTED_MEDIA_TYPE  # of a body: `json_only`
_LIMITED = (_TYPE, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_SEE_MAIL = bodies.Accepted(detail="We have sent a mail to this address. It says what is next.")


_ACCEPTED = documented(202, "The mail says what is next", *_LIMITED, model=bodies.Accepted)
_TOKENS = documented(
    200,
    "Signed in",
    _TYPE,
    *(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS),
    model=bodies.SignedIn,
)
_PROFILE = documented(
    200, "The account", _TYPE, HTTPStatus.UNAUTHORIZED, HTTPStatus.CONFLICT, model=bodies.Profile
)


@api.post(
    "/register",
    summary="Make an account",
    tags=["account"],
    status_code=202,
    responses=_ACCEPTED,
)
def register(
    body: Annotated[bodies.RegisterBody, Body()], office: RegistrationOffice, source: Source
) -> bodies.Accepted:
    """The answer is the same whether or not the address has an account; the mail is not."""
    office.register(body.name, read_address(body.email), body.password, source)
    return _SEE_MAIL


@api.post(
    "/verify",
    summary="Confirm an address with the link from its mail",
    tags=["account"],
    status_code=204,
    responses=documented(204, "Confirmed", _TYPE, HTTPStatus.BAD_REQUEST),
)
def verify(body: Annotated[bodies.TokenBody, Body()], office: RegistrationOffice) -> Response[str]:
    """May be repeated as long as the link works."""
    office.verify(body.token)
    return _nothing()


@api.post(
    "/verify/request",
    summary="Mail the link to confirm the own address again",
    tags=["account"],
    status_code=202,
    security=SIGNED_IN,
    responses=documented(
        202,
        "Mailed, unless the address is confirmed",
        *(HTTPStatus.UNAUTHORIZED, HTTPStatus.CONFLICT, *_LIMITED),
        model=bodies.Accepted,
    ),
)
def request_verification(
    caller: Caller, office: RegistrationOffice, source: Source
) -> bodies.Accepted:
    """Links mailed before no longer work."""
    office.resend(caller.user, source)
    return _SEE_MAIL


@api.post("/login", summary="Sign in", tags=["session"], status_code=200, responses=_TOKENS)
def login(
    body: Annotated[bodies.LoginBody, Body()],
    office: SignInOffice,
    sessions: SessionsOffice,
    source: Source,
    request: Request,
) -> Response[str]:
    """An unknown address and a wrong password are answered alike.

    After some wrong passwords the next attempts have to wait; Retry-After says how long.
    """
    tokens = office.sign_in(read_address(body.email), body.password, source)
    if before := cookies.sent(request):
        sessions.end(before)
    return cookies.answer(tokens, body.transport)


@api.post(
    "/refresh",
    summary="Exchange a refresh token for new tokens",
    tags=["session"],
    status_code=200,
    responses=_TOKENS,
)
def refresh(
    body: Annotated[bodies.RefreshBody, Body()], sessions: SessionsOffice, request: Request
) -> Response[str]:
    """Each refresh token works once. One that comes back later ends its session for everybody."""
    token, transport = cookies.refresh_token(request, body.refresh_token)
    return cookies.answer(sessions.refresh(token, body.attempt), transport)


@api.post(
    "/logout",
    summary="End a session",
    tags=["session"],
    status_code=204,
    responses=documented(
        204, "Ended, if it had not", _TYPE, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN
    ),
)
def logout(
    body: Annotated[bodies.LogoutBody, Body()], sessions: SessionsOffice, request: Request
) -> Response[str]:
    """Access tokens of the session end with it."""
    token, _ = cookies.refresh_token(request, body.refresh_token)
    sessions.end(token)
    return cookies.cleared()


@api.get("/me", summary="The own account", tags=["account"], security=SIGNED_IN, responses=_PROFILE)
def me(caller: Caller, store: Store) -> bodies.Profile:
    """What is known about the caller."""
    return _profile(store, caller.user)


@api.patch(
    "/me",
    summary="Change the own account's name",
    tags=["account"],
    security=SIGNED_IN,
    responses=_PROFILE,
)
def change_me(
    body: Annotated[bodies.ProfileBody, Body()], caller: Caller, store: Store
) -> bodies.Profile:
    """The address cannot be changed."""
    store.rename(caller.user, body.name)
    return _profile(store, caller.user)


@api.delete(
    "/me",
    summary="Delete the own account with everything that belongs to it",
    tags=["account"],
    status_code=204,
    security=SIGNED_IN,
    responses=documented(
        204,
        "Deleted",
        _TYPE,
        *(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS),
    ),
)
def delete_me(
    body: Annotated[bodies.ConfirmBody, Body()],
    caller: Leaver,
    signin: SignInOffice,
    office: ClosingOffice,
    source: Source,
) -> Response[str]:
    """Predictions, pictures, messages and sessions go with it. May be repeated if it fails."""
    office.close(signin.confirmed(caller.user, body.password, source))
    logger.info("account_deleted", user=caller.user)
    return cookies.cleared()


@api.post(
    "/password/forgot",
    summary="Mail a link to choose a new password",
    tags=["password"],
    status_code=202,
    responses=_ACCEPTED,
)
def forgot_password(
    body: Annotated[bodies.ForgotBody, Body()], office: RecoveryOffice, source: Source
) -> bodies.Accepted:
    """The link works once, for ten minutes; where there is no account, the mail says that."""
    office.forgot(read_address(body.email), source)
    return _SEE_MAIL


@api.post(
    "/password/reset",
    summary="Choose a new password with the link from the mail",
    tags=["password"],
    status_code=204,
    responses=documented(204, "Changed; all sessions ended", _TYPE, HTTPStatus.BAD_REQUEST),
)
def reset_password(
    body: Annotated[bodies.ResetBody, Body()], office: RecoveryOffice, source: Source
) -> Response[str]:
    """The address counts as confirmed afterwards."""
    office.reset(body.token, body.password, source)
    return _nothing()


@api.post(
    "/password/change",
    summary="Choose a new password; all other sessions end",
    tags=["password"],
    status_code=200,
    security=SIGNED_IN,
    responses=documented(
        200,
        "Changed, and signed in anew",
        _TYPE,
        *(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT),
        HTTPStatus.TOO_MANY_REQUESTS,
        model=bodies.SignedIn,
    ),
)
def change_password(
    body: Annotated[bodies.ChangeBody, Body()],
    caller: Caller,
    office: PasswordOffice,
    source: Source,
) -> Response[str]:
    """The caller is signed in anew; tokens from before no longer work."""
    tokens = office.change(caller.user, body.current_password, body.new_password, source)
    return cookies.answer(tokens, body.transport)


@api.post(
    "/contact",
    summary="Write to the people behind HeartSense",
    tags=["contact"],
    status_code=202,
    responses=documented(202, "Kept and passed on", *_LIMITED, model=bodies.Accepted),
)
def contact(
    body: Annotated[bodies.ContactBody, Body()], office: ContactOffice, source: Source
) -> bodies.Accepted:
    """Kept for a year."""
    office.write(body.name, read_address(body.email), body.subject, body.message, source)
    return bodies.Accepted(detail="Thank you. Your message has been passed on.")


def _profile(store: Store, account_id: str) -> bodies.Profile:
    account = store.by_id(account_id)
    if account is None:
        raise TokenRefusedError("Sign in again: this account is gone.")
    return bodies.Profile(
        id=account.id,
        name=account.name,
        email=account.address.text,
        verified=account.verified,
        roles=sorted(account.roles),
        created_at=account.created_at,
    )


def _nothing() -> Response[str]:
    return Response(204, body="", headers={"Cache-Control": "no-store"})


# Answers carry tokens: neither they nor errors go into traces.
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any] | None:
    """Answer one API Gateway event, or finish deletions on schedule."""
    if "httpMethod" in event:
        return api.resolve(event, context)
    logger.info("swept", finished=sweep())
    return None
