"""The browser's refresh token: a cookie that no script can read and no other site can send.

``__Host-`` makes browsers refuse the cookie from other hosts of the domain, and asks for the path
"/"; only the routes in this function read it. They ask for the page's own origin besides, because
SameSite does not tell apart the hosts of one site.
"""

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.request import Request
from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from functions.auth.schemas import SignedIn
from heartsense.errors import NotAllowedError, SessionEndedError
from heartsense.service.accounts import Tokens
from heartsense.service.settings import WebSettings, load

NAME = "__Host-heartsense-refresh"
_JSON = "application/json"


def answer(tokens: Tokens, transport: str) -> Response[str]:
    """New tokens, the refresh token where the client wants it."""
    cookies = [_cookie(tokens.refresh, tokens.refresh_expires_in)] if transport == "cookie" else []
    body = SignedIn.from_tokens(tokens, transport).model_dump_json(exclude_none=True)
    return Response(200, _JSON, body, {"Cache-Control": "no-store"}, cookies=cookies)


def cleared() -> Response[str]:
    """No content, and no cookie any more."""
    return Response(204, body="", headers={"Cache-Control": "no-store"}, cookies=[_cookie("", 0)])


def refresh_token(request: Request, given: str | None) -> tuple[str, str]:
    """The refresh token and how it came, "body" or "cookie".

    Raises
    ------
    SessionEndedError
        There is none.
    NotAllowedError
        A page of another origin sent the cookie.
    """
    if given is not None:
        return given, "body"
    token = sent(request)
    if token is None:
        raise SessionEndedError("Sign in again: no refresh token was sent.")
    if _header(request, "origin") != load(WebSettings).web_origin:
        raise NotAllowedError("Only HeartSense's own page may use its cookie.")
    return token, "cookie"


def sent(request: Request) -> str | None:
    """The cookie's value, if the request has one."""
    for pair in _header(request, "cookie").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == NAME and value:
            return value
    return None


def _header(request: Request, name: str) -> str:
    return request.headers.get(name, "")


def _cookie(value: str, seconds: int) -> Cookie:
    return Cookie(
        NAME,
        value,
        path="/",
        secure=True,
        http_only=True,
        max_age=seconds,
        same_site=SameSite.STRICT_MODE,
    )
