"""Accounts over HTTP: registration, sessions, passwords, the contact form; and a daily sweep."""

from datetime import timedelta
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
    AccountsDependency,
    AuthenticationDependency,
    ClientDependency,
    ContactDependency,
    PasswordChangeDependency,
    PasswordResetDependency,
    RegistrationDependency,
    SessionsDependency,
    Source,
    sweep,
    sweep_idle_accounts,
)
from functions.auth.second_factor_routes import router
from functions.auth.second_factor_schemas import SecondStepRequired
from heartsense.errors import InvalidAccessTokenError
from heartsense.service.accounts import AccountRepository
from heartsense.service.accounts.authentication import Challenge
from heartsense.service.accounts.key_rotation import rotate_if_due
from heartsense.service.audit import Action
from heartsense.service.clock import utc_now
from heartsense.service.database import UNAVAILABLE
from heartsense.service.email.address import read_address
from heartsense.service.http.audit import Audit
from heartsense.service.http.authentication import BEARER_AUTH, Caller, DeletingCaller
from heartsense.service.http.authorization import as_owner
from heartsense.service.http.json_body import require_json
from heartsense.service.http.problems import openapi_responses
from heartsense.service.http.resolver import build_api

logger = Logger()
# AWS calls are not traced: X-Ray would store their errors, and those of SES quote the recipient.
tracer = Tracer(patch_modules=["pymongo"])
api = build_api(UNAVAILABLE)
api.use([require_json])
api.include_router(router)

_CONTENT_TYPE = HTTPStatus.UNSUPPORTED_MEDIA_TYPE  # raised by `require_json`
_SENDS_EMAIL = (_CONTENT_TYPE, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_CHECK_INBOX = schemas.Accepted(detail="Check your inbox. The e-mail says what to do next.")

_ACCEPTED = openapi_responses(202, "E-mail sent", *_SENDS_EMAIL, model=schemas.Accepted)
_TOKENS = openapi_responses(
    200,
    "Signed in",
    _CONTENT_TYPE,
    *(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS),
    model=schemas.TokenResponse,
)
_PROFILE = openapi_responses(
    200,
    "My account",
    *(_CONTENT_TYPE, HTTPStatus.UNAUTHORIZED, HTTPStatus.CONFLICT),
    model=schemas.Profile,
)


@api.post(
    "/register",
    summary="Create an account",
    tags=["account"],
    status_code=202,
    responses=_ACCEPTED,
)
def register(
    body: Annotated[schemas.RegisterBody, Body()],
    registration: RegistrationDependency,
    source: Source,
) -> schemas.Accepted:
    """The response is the same whether or not the address has an account; the e-mail differs."""
    registration.register(body.name, read_address(body.email), body.password, source)
    return _CHECK_INBOX


@api.post(
    "/verify",
    summary="Confirm my e-mail address",
    tags=["account"],
    status_code=204,
    responses=openapi_responses(204, "Confirmed", _CONTENT_TYPE, HTTPStatus.BAD_REQUEST),
)
def verify(
    body: Annotated[schemas.VerifyBody, Body()], registration: RegistrationDependency
) -> Response[str]:
    """Takes the token of the link in the e-mail. May be repeated until the link expires."""
    registration.verify(body.token)
    return _no_content()


@api.post(
    "/verify/request",
    summary="Send me a new link to confirm my e-mail address",
    tags=["account"],
    status_code=202,
    security=BEARER_AUTH,
    responses=openapi_responses(
        202,
        "E-mail sent, unless the address is already confirmed",
        *(HTTPStatus.UNAUTHORIZED, HTTPStatus.CONFLICT, *_SENDS_EMAIL),
        model=schemas.Accepted,
    ),
)
def request_verification(
    caller: Caller, registration: RegistrationDependency, source: Source
) -> schemas.Accepted:
    """Earlier links stop working."""
    registration.resend_verification(caller.user_id, source)
    return _CHECK_INBOX


@api.post(
    "/login",
    summary="Sign in",
    tags=["session"],
    status_code=200,
    responses={
        **_TOKENS,
        202: {
            "description": "The password is right; the account's second factor is needed, too",
            "content": {"application/json": {"model": SecondStepRequired}},
        },
    },
)
def login(
    body: Annotated[schemas.LoginBody, Body()],
    authentication: AuthenticationDependency,
    sessions: SessionsDependency,
    client: ClientDependency,
    request: Request,
) -> Response[str]:
    """The response is the same for an unknown address and for a wrong password.

    After several wrong passwords, further attempts have to wait; Retry-After says how long.
    """
    signed_in = authentication.sign_in(read_address(body.email), body.password, client)
    if isinstance(signed_in, Challenge):
        return Response(
            202,
            "application/json",
            SecondStepRequired.of(signed_in).model_dump_json(exclude_none=True),
            {"Cache-Control": "no-store"},
        )
    if previous := cookies.cookie_token(request):
        sessions.end(previous)
    return cookies.token_response(signed_in, body.transport)


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
    """A refresh token works once. Using it again ends its session for every client."""
    token, transport = cookies.refresh_token(request, body.refresh_token)
    return cookies.token_response(sessions.refresh(token, body.attempt), transport)


@api.post(
    "/logout",
    summary="Sign out",
    tags=["session"],
    status_code=204,
    responses=openapi_responses(
        204,
        "Signed out, or the session had already ended",
        *(_CONTENT_TYPE, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN),
    ),
)
def logout(
    body: Annotated[schemas.LogoutBody, Body()], sessions: SessionsDependency, request: Request
) -> Response[str]:
    """Ends the session; its access tokens stop working."""
    token, _ = cookies.refresh_token(request, body.refresh_token)
    sessions.end(token)
    return cookies.clearing_response()


@api.get(
    "/me", summary="Get my account", tags=["account"], security=BEARER_AUTH, responses=_PROFILE
)
def me(caller: Caller, accounts: AccountsDependency) -> schemas.Profile:
    """Name, e-mail address and roles of the signed-in account."""
    return _profile(accounts, caller.user_id)


@api.patch(
    "/me",
    summary="Change my name",
    tags=["account"],
    security=BEARER_AUTH,
    responses=_PROFILE,
)
def change_me(
    body: Annotated[schemas.ProfileBody, Body()], caller: Caller, accounts: AccountsDependency
) -> schemas.Profile:
    """The e-mail address cannot be changed."""
    accounts.rename(caller.user_id, body.name)
    return _profile(accounts, caller.user_id)


@api.delete(
    "/me",
    summary="Delete my account",
    tags=["account"],
    status_code=204,
    security=BEARER_AUTH,
    responses=openapi_responses(
        204,
        "Deleted",
        _CONTENT_TYPE,
        *(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS),
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
)
def delete_me(
    body: Annotated[schemas.DeleteAccountBody, Body()],
    caller: DeletingCaller,
    authentication: AuthenticationDependency,
    deletion: AccountDeletionDependency,
    source: Source,
    audit: Audit,
) -> Response[str]:
    """Also deletes predictions, images, reports, reviews and messages. Repeat it if it fails."""
    account = authentication.reauthenticate(caller.user_id, body.password, source)
    audit.record(as_owner(caller), Action.ACCOUNT_DELETED, account.id)
    deletion.delete(account)
    logger.info("account_deleted", user=caller.user_id)
    return cookies.clearing_response()


@api.post(
    "/password/forgot",
    summary="Send me a link to reset my password",
    tags=["password"],
    status_code=202,
    responses=_ACCEPTED,
)
def forgot_password(
    body: Annotated[schemas.ForgotPasswordBody, Body()],
    password_reset: PasswordResetDependency,
    source: Source,
) -> schemas.Accepted:
    """The link works once, for ten minutes. If there is no account, the e-mail says so."""
    password_reset.request(read_address(body.email), source)
    return _CHECK_INBOX


@api.post(
    "/password/reset",
    summary="Reset my password with the link from the e-mail",
    tags=["password"],
    status_code=204,
    responses=openapi_responses(
        204,
        "Password changed; all sessions ended",
        *(_CONTENT_TYPE, HTTPStatus.BAD_REQUEST, HTTPStatus.TOO_MANY_REQUESTS),
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
)
def reset_password(
    body: Annotated[schemas.ResetPasswordBody, Body()],
    password_reset: PasswordResetDependency,
    source: Source,
    audit: Audit,
) -> Response[str]:
    """The link works once. An address that was never confirmed gets an empty account."""
    password_reset.reset(body.token, body.password, source, audit, body.attempt)
    return _no_content()


@api.post(
    "/password/change",
    summary="Change my password",
    tags=["password"],
    status_code=200,
    security=BEARER_AUTH,
    responses=openapi_responses(
        200,
        "Password changed; new tokens",
        _CONTENT_TYPE,
        *(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT),
        HTTPStatus.TOO_MANY_REQUESTS,
        model=schemas.TokenResponse,
    ),
)
def change_password(
    body: Annotated[schemas.ChangePasswordBody, Body()],
    caller: Caller,
    password_change: PasswordChangeDependency,
    client: ClientDependency,
) -> Response[str]:
    """Ends all other sessions and replaces this one; earlier tokens stop working."""
    tokens = password_change.change(
        caller.user_id, body.current_password, body.new_password, client.source, client.device
    )
    return cookies.token_response(tokens, body.transport)


@api.post(
    "/contact",
    summary="Send a message to the operator",
    tags=["contact"],
    status_code=202,
    responses=openapi_responses(202, "Message sent", *_SENDS_EMAIL, model=schemas.Accepted),
)
def contact(
    body: Annotated[schemas.ContactBody, Body()],
    contact_service: ContactDependency,
    source: Source,
) -> schemas.Accepted:
    """Messages are stored for a year."""
    contact_service.submit(body.name, read_address(body.email), body.subject, body.message, source)
    return schemas.Accepted(detail="Thank you. Your message has been sent.")


def _profile(accounts: AccountRepository, account_id: str) -> schemas.Profile:
    account = accounts.by_id(account_id)
    if account is None:
        raise InvalidAccessTokenError("This account no longer exists.")
    return schemas.Profile(
        id=account.id,
        name=account.name,
        email=account.address.text,
        verified=account.verified,
        roles=sorted(account.roles),
        created_at=account.created_at,
    )


def _no_content() -> Response[str]:
    return Response(204, body="", headers={"Cache-Control": "no-store"})


# Responses contain tokens: neither they nor errors go into traces.
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any] | None:
    """Answer an API Gateway event, or do the daily work.

    That is: finish deletions, rotate the token key, warn owners of idle accounts and delete these.
    """
    if "httpMethod" in event:
        return api.resolve(event, context)
    logger.info("sweep_finished", deleted=sweep())
    logger.info("key_rotation", changed=rotate_if_due(utc_now()))
    warned, deleted = sweep_idle_accounts(
        context.aws_request_id,
        lambda: timedelta(milliseconds=context.get_remaining_time_in_millis()),
    )
    logger.info("idle_accounts", warned=warned, deleted=deleted)
    return None
