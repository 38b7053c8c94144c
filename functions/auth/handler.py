"""Accounts over HTTP: registration, sessions, passwords, the contact form; their daily sweep."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.request import Request
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.auth import cookies, schemas
from functions.auth.dependencies import (
    AccountDeletionDependency,
    AuthenticationDependency,
    ContactDependency,
    PasswordChangeDependency,
    PasswordResetDependency,
    RegistrationDependency,
    SessionsDependency,
    Source,
    Store,
    sweep,
)
from heartsense.errors import TokenRefusedError
from heartsense.service.email.address import read_address
from heartsense.service.http import (
    BEARER_AUTH,
    Caller,
    DeletingCaller,
    build_api,
    openapi_responses,
    require_json,
)

logger = Logger()
# Not AWS's own calls: X-Ray would keep their errors, and SES's quote the recipient.
tracer = Tracer(patch_modules=["pymongo"])
api = build_api()
api.use([require_json])

_TYPE = HTTPStatus.UNSUPPORTED_MEDIA_TYPE  # of a body: `json_only`
_LIMITED = (_TYPE, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_SEE_MAIL = schemas.Accepted(detail="We have sent a mail to this address. It says what is next.")


_ACCEPTED = openapi_responses(202, "The mail says what is next", *_LIMITED, model=schemas.Accepted)
_TOKENS = openapi_responses(
    200,
    "Signed in",
    _TYPE,
    *(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS),
    model=schemas.SignedIn,
)
_PROFILE = openapi_responses(
    200, "The account", _TYPE, HTTPStatus.UNAUTHORIZED, HTTPStatus.CONFLICT, model=schemas.Profile
)


@api.post(
    "/register",
    summary="Make an account",
    tags=["account"],
    status_code=202,
    responses=_ACCEPTED,
)
def register(
    body: Annotated[schemas.RegisterBody, Body()], office: RegistrationDependency, source: Source
) -> schemas.Accepted:
    """The answer is the same whether or not the address has an account; the mail is not."""
    office.register(body.name, read_address(body.email), body.password, source)
    return _SEE_MAIL


@api.post(
    "/verify",
    summary="Confirm an address with the link from its mail",
    tags=["account"],
    status_code=204,
    responses=openapi_responses(204, "Confirmed", _TYPE, HTTPStatus.BAD_REQUEST),
)
def verify(
    body: Annotated[schemas.TokenBody, Body()], office: RegistrationDependency
) -> Response[str]:
    """May be repeated as long as the link works."""
    office.verify(body.token)
    return _nothing()


@api.post(
    "/verify/request",
    summary="Mail the link to confirm the own address again",
    tags=["account"],
    status_code=202,
    security=BEARER_AUTH,
    responses=openapi_responses(
        202,
        "Mailed, unless the address is confirmed",
        *(HTTPStatus.UNAUTHORIZED, HTTPStatus.CONFLICT, *_LIMITED),
        model=schemas.Accepted,
    ),
)
def request_verification(
    caller: Caller, office: RegistrationDependency, source: Source
) -> schemas.Accepted:
    """Links mailed before no longer work."""
    office.resend(caller.user_id, source)
    return _SEE_MAIL


@api.post("/login", summary="Sign in", tags=["session"], status_code=200, responses=_TOKENS)
def login(
    body: Annotated[schemas.LoginBody, Body()],
    office: AuthenticationDependency,
    sessions: SessionsDependency,
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
    body: Annotated[schemas.RefreshBody, Body()], sessions: SessionsDependency, request: Request
) -> Response[str]:
    """Each refresh token works once. One that comes back later ends its session for everybody."""
    token, transport = cookies.refresh_token(request, body.refresh_token)
    return cookies.answer(sessions.refresh(token, body.attempt), transport)


@api.post(
    "/logout",
    summary="End a session",
    tags=["session"],
    status_code=204,
    responses=openapi_responses(
        204, "Ended, if it had not", _TYPE, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN
    ),
)
def logout(
    body: Annotated[schemas.LogoutBody, Body()], sessions: SessionsDependency, request: Request
) -> Response[str]:
    """Access tokens of the session end with it."""
    token, _ = cookies.refresh_token(request, body.refresh_token)
    sessions.end(token)
    return cookies.cleared()


@api.get(
    "/me", summary="The own account", tags=["account"], security=BEARER_AUTH, responses=_PROFILE
)
def me(caller: Caller, store: Store) -> schemas.Profile:
    """What is known about the caller."""
    return _profile(store, caller.user_id)


@api.patch(
    "/me",
    summary="Change the own account's name",
    tags=["account"],
    security=BEARER_AUTH,
    responses=_PROFILE,
)
def change_me(
    body: Annotated[schemas.ProfileBody, Body()], caller: Caller, store: Store
) -> schemas.Profile:
    """The address cannot be changed."""
    store.rename(caller.user_id, body.name)
    return _profile(store, caller.user_id)


@api.delete(
    "/me",
    summary="Delete the own account with everything that belongs to it",
    tags=["account"],
    status_code=204,
    security=BEARER_AUTH,
    responses=openapi_responses(
        204,
        "Deleted",
        _TYPE,
        *(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS),
    ),
)
def delete_me(
    body: Annotated[schemas.ConfirmBody, Body()],
    caller: DeletingCaller,
    signin: AuthenticationDependency,
    office: AccountDeletionDependency,
    source: Source,
) -> Response[str]:
    """Predictions, pictures, messages and sessions go with it. May be repeated if it fails."""
    office.delete(signin.confirmed(caller.user_id, body.password, source))
    logger.info("account_deleted", user=caller.user_id)
    return cookies.cleared()


@api.post(
    "/password/forgot",
    summary="Mail a link to choose a new password",
    tags=["password"],
    status_code=202,
    responses=_ACCEPTED,
)
def forgot_password(
    body: Annotated[schemas.ForgotBody, Body()], office: PasswordResetDependency, source: Source
) -> schemas.Accepted:
    """The link works once, for ten minutes; where there is no account, the mail says that."""
    office.forgot(read_address(body.email), source)
    return _SEE_MAIL


@api.post(
    "/password/reset",
    summary="Choose a new password with the link from the mail",
    tags=["password"],
    status_code=204,
    responses=openapi_responses(204, "Changed; all sessions ended", _TYPE, HTTPStatus.BAD_REQUEST),
)
def reset_password(
    body: Annotated[schemas.ResetBody, Body()], office: PasswordResetDependency, source: Source
) -> Response[str]:
    """The address counts as confirmed afterwards."""
    office.reset(body.token, body.password, source)
    return _nothing()


@api.post(
    "/password/change",
    summary="Choose a new password; all other sessions end",
    tags=["password"],
    status_code=200,
    security=BEARER_AUTH,
    responses=openapi_responses(
        200,
        "Changed, and signed in anew",
        _TYPE,
        *(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT),
        HTTPStatus.TOO_MANY_REQUESTS,
        model=schemas.SignedIn,
    ),
)
def change_password(
    body: Annotated[schemas.ChangeBody, Body()],
    caller: Caller,
    office: PasswordChangeDependency,
    source: Source,
) -> Response[str]:
    """The caller is signed in anew; tokens from before no longer work."""
    tokens = office.change(caller.user_id, body.current_password, body.new_password, source)
    return cookies.answer(tokens, body.transport)


@api.post(
    "/contact",
    summary="Write to the people behind HeartSense",
    tags=["contact"],
    status_code=202,
    responses=openapi_responses(202, "Kept and passed on", *_LIMITED, model=schemas.Accepted),
)
def contact(
    body: Annotated[schemas.ContactBody, Body()], office: ContactDependency, source: Source
) -> schemas.Accepted:
    """Kept for a year."""
    office.write(body.name, read_address(body.email), body.subject, body.message, source)
    return schemas.Accepted(detail="Thank you. Your message has been passed on.")


def _profile(store: Store, account_id: str) -> schemas.Profile:
    account = store.by_id(account_id)
    if account is None:
        raise TokenRefusedError("Sign in again: this account is gone.")
    return schemas.Profile(
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
