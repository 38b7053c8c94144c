"""Second factors and sessions of the signed-in account, and the second step of signing in."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.request import Request
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from functions.auth import cookies, schemas
from functions.auth import second_factor_schemas as bodies
from functions.auth.dependencies import (
    AuthenticationDependency,
    ClientDependency,
    SecondFactorsDependency,
    SecondStepDependency,
    SessionsDependency,
    Source,
)
from heartsense.service.accounts import Role
from heartsense.service.accounts.totp import qr_code
from heartsense.service.http.authentication import BEARER_AUTH, Caller
from heartsense.service.http.problems import openapi_responses
from heartsense.service.settings import SecondFactorSettings, load

router = APIGatewayRouter()  # type: ignore[no-untyped-call] # published without types

_CONTENT_TYPE = HTTPStatus.UNSUPPORTED_MEDIA_TYPE  # raised by `require_json`
_SIGNED_IN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.CONFLICT)
_PASSWORD = (
    *(_CONTENT_TYPE, *_SIGNED_IN),
    *(HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS),
)
_FACTORS = ["second factor"]
_CREATED = HTTPStatus.CREATED
_ADDED: dict[str, Any] = {  # of a route that confirms a factor
    "tags": _FACTORS,
    "status_code": 201,
    "security": BEARER_AUTH,
    "responses": openapi_responses(
        201,
        "Added",
        *(_CONTENT_TYPE, *_SIGNED_IN, HTTPStatus.FORBIDDEN),
        model=bodies.RecoveryCodes,
    ),
}


@router.post(
    "/login/second-factor",
    summary="Complete a sign-in with the second factor",
    tags=["session"],
    status_code=200,
    responses=openapi_responses(
        200,
        "Signed in",
        *(_CONTENT_TYPE, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN),
        HTTPStatus.TOO_MANY_REQUESTS,
        model=schemas.TokenResponse,
    ),
)
def complete_login(
    body: Annotated[bodies.SecondStepBody, Body()],
    second_step: SecondStepDependency,
    authentication: AuthenticationDependency,
    sessions: SessionsDependency,
    client: ClientDependency,
    request: Request,
) -> Response[str]:
    """Each code works once. After several wrong ones, further attempts have to wait."""
    account = second_step.complete(body.challenge, body.proof())
    tokens = authentication.open_session(account, client)
    if previous := cookies.cookie_token(request):
        sessions.end(previous)
    return cookies.token_response(tokens, body.transport)


@router.get(
    "/me/second-factors",
    summary="List my second factors",
    tags=_FACTORS,
    security=BEARER_AUTH,
    responses=openapi_responses(
        200, "The factors, oldest first", *_SIGNED_IN, model=bodies.SecondFactorList
    ),
)
def list_second_factors(
    caller: Caller, factors: SecondFactorsDependency
) -> bodies.SecondFactorList:
    """Doctors and administrators are asked to add one."""
    required = load(SecondFactorSettings).second_factor_required and not caller.roles.isdisjoint(
        Role
    )
    return bodies.SecondFactorList.of(factors.of_account(caller.user_id), required)


@router.post(
    "/me/second-factors/totp",
    summary="Begin to add an authenticator app",
    tags=_FACTORS,
    status_code=200,
    security=BEARER_AUTH,
    responses=openapi_responses(200, "What the app needs", *_PASSWORD, model=bodies.TotpSecret),
)
def begin_totp(
    body: Annotated[bodies.PasswordBody, Body()],
    caller: Caller,
    factors: SecondFactorsDependency,
    source: Source,
) -> bodies.TotpSecret:
    """It is added once a code of it is confirmed, within ten minutes."""
    secret, uri = factors.begin_totp(caller.user_id, body.password, source)
    return bodies.TotpSecret(secret=secret, uri=uri, qr_code=qr_code(uri))


@router.post(
    "/me/second-factors/totp/confirm",
    summary="Add the authenticator app that shows this code",
    **_ADDED,
)
def confirm_totp(
    body: Annotated[bodies.ConfirmTotpBody, Body()],
    caller: Caller,
    factors: SecondFactorsDependency,
) -> tuple[bodies.RecoveryCodes, int]:
    """The first factor brings recovery codes, and ends all other sessions."""
    codes = factors.confirm_totp(caller, body.name, body.code)
    return bodies.RecoveryCodes(recovery_codes=codes), _CREATED


@router.post(
    "/me/second-factors/passkey",
    summary="Begin to add a passkey",
    tags=_FACTORS,
    status_code=200,
    security=BEARER_AUTH,
    responses=openapi_responses(
        200, "What the browser needs", *_PASSWORD, model=bodies.PasskeyOptions
    ),
)
def begin_passkey(
    body: Annotated[bodies.PasswordBody, Body()],
    caller: Caller,
    factors: SecondFactorsDependency,
    source: Source,
) -> bodies.PasskeyOptions:
    """It is added once the browser's response is confirmed, within ten minutes."""
    return bodies.PasskeyOptions(
        options=factors.begin_passkey(caller.user_id, body.password, source)
    )


@router.post(
    "/me/second-factors/passkey/confirm",
    summary="Add the passkey that the browser made",
    **_ADDED,
)
def confirm_passkey(
    body: Annotated[bodies.ConfirmPasskeyBody, Body()],
    caller: Caller,
    factors: SecondFactorsDependency,
) -> tuple[bodies.RecoveryCodes, int]:
    """The first factor brings recovery codes, and ends all other sessions."""
    codes = factors.confirm_passkey(caller, body.name, body.credential)
    return bodies.RecoveryCodes(recovery_codes=codes), _CREATED


@router.delete(
    "/me/second-factors/<id>",
    summary="Remove a second factor",
    tags=_FACTORS,
    status_code=204,
    security=BEARER_AUTH,
    responses=openapi_responses(204, "Removed", *_PASSWORD, HTTPStatus.NOT_FOUND),
)
def remove_second_factor(
    id: str,
    body: Annotated[bodies.PasswordBody, Body()],
    caller: Caller,
    factors: SecondFactorsDependency,
    source: Source,
) -> Response[str]:
    """With the last one, the recovery codes end, too."""
    factors.remove(caller.user_id, id, body.password, source)
    return _no_content()


@router.post(
    "/me/recovery-codes",
    summary="Replace my recovery codes",
    tags=_FACTORS,
    status_code=201,
    security=BEARER_AUTH,
    responses=openapi_responses(
        201, "The new codes", *_PASSWORD, HTTPStatus.NOT_FOUND, model=bodies.RecoveryCodes
    ),
)
def replace_recovery_codes(
    body: Annotated[bodies.PasswordBody, Body()],
    caller: Caller,
    factors: SecondFactorsDependency,
    source: Source,
) -> tuple[bodies.RecoveryCodes, int]:
    """The previous ones stop working."""
    codes = factors.replace_recovery_codes(caller.user_id, body.password, source)
    return bodies.RecoveryCodes(recovery_codes=codes), _CREATED


@router.get(
    "/me/sessions",
    summary="List my sessions",
    tags=["session"],
    security=BEARER_AUTH,
    responses=openapi_responses(
        200, "The sessions, newest first", *_SIGNED_IN, model=bodies.SessionList
    ),
)
def list_sessions(caller: Caller, sessions: SessionsDependency) -> bodies.SessionList:
    """One a device that is signed in; an account has at most ten."""
    return bodies.SessionList(items=[*map(bodies.Session.of, sessions.listed(caller))])


@router.delete(
    "/me/sessions/<id>",
    summary="End one of my sessions",
    tags=["session"],
    status_code=204,
    security=BEARER_AUTH,
    responses=openapi_responses(204, "Ended, or it had ended before", *_SIGNED_IN),
)
def end_session(id: str, caller: Caller, sessions: SessionsDependency) -> Response[str]:
    """Its access tokens stop working."""
    sessions.end_one(caller, id)
    return _no_content()


def _no_content() -> Response[str]:
    return Response(204, body="", headers={"Cache-Control": "no-store"})
