"""Between HTTP and Lambda: API Gateway's REST proxy events (payload format 1.0) and answers.

Sources: "Set up Lambda proxy integrations in API Gateway" and "Amazon API Gateway important notes"
in the API Gateway developer guide.
"""

import base64
import binascii
import re
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from devstack.template import ACCOUNT, Route

STAGE = "local"
_ANSWER_KEYS = {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}
# Headers of a function's answer that API Gateway renames, and those that it makes itself.
_REMAPPED = {"content-length", "content-md5", "date", "server", "trailer", "www-authenticate"}
_OWN = {"connection", "transfer-encoding", "upgrade"}


class MalformedAnswerError(Exception):
    """The function's answer is not what API Gateway takes."""


@dataclass(frozen=True)
class Request:
    """An HTTP request as the socket gave it: the path still percent-encoded."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    source_ip: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def header(self, name: str) -> str:
        """The last value of a header, or an empty string."""
        return next((value for key, value in reversed(self.headers) if key == name), "")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


class Router:
    """Finds the resource of a path: literal segments before parameters, greedy ones last."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = sorted(routes, key=lambda route: _specificity(route.resource), reverse=True)

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route and its path parameters, percent-encoded as the path is."""
        for route in self._routes:
            match = _pattern(route.resource).fullmatch(path)
            if match and route.method == method:
                return route, {
                    name: match[number + 1] for number, name in enumerate(_names(route.resource))
                }
        return None

    def methods(self, path: str) -> list[str]:
        """All methods that some resource of this path answers."""
        return sorted(
            {route.method for route in self._routes if _pattern(route.resource).fullmatch(path)}
        )


def proxy_event(
    request: Request, route: Route, parameters: Mapping[str, str], binary: Iterable[str]
) -> dict[str, Any]:
    """The event that a function receives for an HTTP request."""
    headers = _forwarded(request)
    query = parse_qsl(request.query, keep_blank_values=True)
    encoded = bool(request.body) and is_binary(request.header("content-type"), binary)
    now = datetime.now(UTC)
    return {
        "resource": route.resource,
        "path": request.path,
        "httpMethod": request.method,
        "headers": dict(headers) or None,
        "multiValueHeaders": _grouped(headers),
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _grouped(query),
        "pathParameters": dict(parameters) or None,
        "stageVariables": None,
        "requestContext": {
            "resourceId": "local",
            "resourcePath": route.resource,
            "httpMethod": request.method,
            "extendedRequestId": request.id,
            "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "requestTimeEpoch": int(time.time() * 1000),
            "path": f"/{STAGE}{request.path}",
            "accountId": ACCOUNT,
            "protocol": "HTTP/1.1",
            "stage": STAGE,
            "domainPrefix": "local",
            "domainName": request.header("host"),
            "requestId": request.id,
            "apiId": "local",
            "identity": {
                "sourceIp": request.source_ip,
                "userAgent": request.header("user-agent") or None,
                **dict.fromkeys(
                    (
                        "accessKey",
                        "accountId",
                        "apiKey",
                        "apiKeyId",
                        "caller",
                        "cognitoIdentityId",
                        "cognitoIdentityPoolId",
                        "principalOrgId",
                        "user",
                        "userArn",
                    )
                ),
            },
        },
        "body": _text(request.body, encoded),
        "isBase64Encoded": encoded,
    }


def http_answer(answer: Any, accept: str, binary: Iterable[str]) -> Answer:
    """What the caller gets for a function's answer; MalformedAnswerError when it is none."""
    if not isinstance(answer, dict) or not answer.keys() <= _ANSWER_KEYS:
        raise MalformedAnswerError("not an object of the known keys")
    status = str(answer.get("statusCode"))
    if not re.fullmatch("[1-5][0-9]{2}", status):
        raise MalformedAnswerError("no status code")
    body = answer.get("body")
    if body is None:
        body = ""
    if not isinstance(body, str):
        raise MalformedAnswerError("the body is no string")
    content = body.encode()
    # Base64 is undone only for those who asked for a binary type in the first place.
    if answer.get("isBase64Encoded") and is_binary(accept.split(",")[0], binary):
        try:
            content = base64.b64decode(body, validate=True)
        except binascii.Error:
            raise MalformedAnswerError("the body is not Base64") from None
    headers = [_remapped(name, value) for name, value in _pairs(answer)]
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    return Answer(
        int(status), [header for header in headers if header[0].lower() not in _OWN], content
    )


def is_binary(content_type: str, binary: Iterable[str]) -> bool:
    """Whether a media type is among the API's binary ones; ``image/*`` stands for its kind."""
    media = content_type.partition(";")[0].strip().lower()
    return bool(media) and any(
        pattern in {"*/*", media}
        or (pattern.endswith("/*") and media.startswith(pattern.removesuffix("*")))
        for pattern in (entry.lower() for entry in binary)
    )


def _pairs(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """All headers; of a name in both maps the single value is one of the multiple ones."""
    single, multiple = answer.get("headers") or {}, answer.get("multiValueHeaders") or {}
    if not isinstance(single, dict) or not isinstance(multiple, dict):
        raise MalformedAnswerError("headers are no object")
    pairs = []
    for name, values in [*multiple.items(), *((name, [value]) for name, value in single.items())]:
        if not isinstance(values, list):
            raise MalformedAnswerError("a multi-value header is no list")
        for value in values:
            if not isinstance(value, str | int | float):
                raise MalformedAnswerError("a header's value is no text")
            pair = (name, str(value).lower() if isinstance(value, bool) else str(value))
            if pair not in pairs:
                pairs.append(pair)
    return pairs


def _remapped(name: str, value: str) -> tuple[str, str]:
    return (f"x-amzn-Remapped-{name}" if name.lower() in _REMAPPED else name, value)


def _forwarded(request: Request) -> list[tuple[str, str]]:
    """The request's headers with the client's address added, as the gateway's front adds it."""
    before = [value for name, value in request.headers if name == "x-forwarded-for"]
    kept = [
        (_title(name), value)
        for name, value in request.headers
        if name not in {"x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", *_OWN}
    ]
    return [
        *kept,
        ("X-Forwarded-For", ", ".join([*before, request.source_ip])),
        ("X-Forwarded-Port", "443"),
        ("X-Forwarded-Proto", "https"),
    ]


def _title(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]] | None:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped or None


def _text(body: bytes, encoded: bool) -> str | None:
    if not body:
        return None
    return base64.b64encode(body).decode() if encoded else body.decode(errors="replace")


def _names(resource: str) -> list[str]:
    return re.findall(r"\{(\w+)\+?\}", resource)


def _pattern(resource: str) -> re.Pattern[str]:
    parts = re.split(r"(\{\w+\+?\})", resource)
    return re.compile(
        "".join(
            re.escape(part) if not part.startswith("{") else "(.+)" if "+" in part else "([^/]+)"
            for part in parts
        )
    )


def _specificity(resource: str) -> list[int]:
    """Sorts literal segments above parameters above greedy ones, from the left."""
    return [
        2 if not segment.startswith("{") else 0 if segment.endswith("+}") else 1
        for segment in resource.strip("/").split("/")
    ]
