"""The browser's refresh token: a cookie that no script can read and no other site can send.

``__Host-`` makes browsers refuse the cookie from other hosts of the domain, and requires the path
"/"; only routes of this function read it. They also check the origin, because SameSite does not
distinguish the hosts of one site.
"""

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.request import Request
from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from functions.auth.schemas import TokenResponse
from heartsense.errors import PermissionDeniedError, SessionEndedError
from heartsense.service.accounts import Tokens
from heartsense.service.settings import WebSettings, load

NAME = "__Host-heartsense-refresh"
_JSON = "application/json"


def token_response(tokens: Tokens, transport: str) -> Response[str]:
    """A response with new tokens, the refresh token by `transport` ("cookie" or "body")."""
    cookies = [_cookie(tokens.refresh, tokens.refresh_expires_in)] if transport == "cookie" else []
    body = TokenResponse.from_tokens(tokens, transport).model_dump_json(exclude_none=True)
    return Response(200, _JSON, body, {"Cache-Control": "no-store"}, cookies=cookies)


def clearing_response() -> Response[str]:
    """A response without content that deletes the cookie."""
    return Response(204, body="", headers={"Cache-Control": "no-store"}, cookies=[_cookie("", 0)])


def refresh_token(request: Request, body_token: str | None) -> tuple[str, str]:
    """The refresh token and its transport, "body" or "cookie".

    Raises
    ------
    SessionEndedError
        There is none.
    PermissionDeniedError
        A page of another origin sent the cookie.
    """
    if body_token is not None:
        return body_token, "body"
    token = cookie_token(request)
    if token is None:
        raise SessionEndedError("No refresh token was sent. Sign in again.")
    if _header(request, "origin") != load(WebSettings).web_origin:
        raise PermissionDeniedError("Only HeartSense's own web page may use this cookie.")
    return token, "cookie"


def cookie_token(request: Request) -> str | None:
    """The cookie's value, if the request has one."""
    for pair in _header(request, "cookie").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == NAME and value:
            return value
    return None


def _header(request: Request, name: str) -> str:
    return request.headers.get(name, "")


def _cookie(value: str, max_age: int) -> Cookie:
    return Cookie(
        NAME,
        value,
        path="/",
        secure=True,
        http_only=True,
        max_age=max_age,
        same_site=SameSite.STRICT_MODE,
    )
