"""API Gateway's Lambda proxy integration: HTTP requests to events (payload format 1.0) and back.

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
_RESPONSE_KEYS = {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}
# Response headers that API Gateway renames, and those that it sets itself.
_RENAMED_HEADERS = {
    "content-length",
    "content-md5",
    "date",
    "server",
    "trailer",
    "www-authenticate",
}
_OWN = {"connection", "transfer-encoding", "upgrade"}


class MalformedResponseError(Exception):
    """The function's response is not in API Gateway's format."""


@dataclass(frozen=True)
class Request:
    """An HTTP request; the path is still percent-encoded."""

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
class HttpResponse:
    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


class Router:
    """Matches paths to resources: literal segments first, then parameters, greedy ones last."""

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
        """The methods of all resources that match the path."""
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
            "identity": _identity(request),
        },
        "body": _text(request.body, encoded),
        "isBase64Encoded": encoded,
    }


def _identity(request: Request) -> dict[str, Any]:
    """The caller's address and agent; all other fields are null without an IAM authorizer."""
    return {
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
    }


def http_response(response: Any, accept: str, binary: Iterable[str]) -> HttpResponse:
    """The HTTP response for what a function returned; MalformedResponseError if it is malformed."""
    if not isinstance(response, dict) or not response.keys() <= _RESPONSE_KEYS:
        raise MalformedResponseError("not an object with the known keys only")
    status = str(response.get("statusCode"))
    if not re.fullmatch("[1-5][0-9]{2}", status):
        raise MalformedResponseError("no status code")
    body = response.get("body")
    if body is None:
        body = ""
    if not isinstance(body, str):
        raise MalformedResponseError("the body is not a string")
    content = body.encode()
    # API Gateway decodes Base64 only when the first media type of Accept is a binary one.
    if response.get("isBase64Encoded") and is_binary(accept.split(",")[0], binary):
        try:
            content = base64.b64decode(body, validate=True)
        except binascii.Error:
            raise MalformedResponseError("the body is not Base64") from None
    headers = [_remapped(name, value) for name, value in _header_pairs(response)]
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    return HttpResponse(
        int(status), [header for header in headers if header[0].lower() not in _OWN], content
    )


def is_binary(content_type: str, binary: Iterable[str]) -> bool:
    """Whether a media type matches the API's binary media types, such as ``image/*``."""
    media = content_type.partition(";")[0].strip().lower()
    return bool(media) and any(
        pattern in {"*/*", media}
        or (pattern.endswith("/*") and media.startswith(pattern.removesuffix("*")))
        for pattern in (entry.lower() for entry in binary)
    )


def _header_pairs(response: Mapping[str, Any]) -> list[tuple[str, str]]:
    """All headers; a name in both maps has the values of both, without duplicates."""
    single, multiple = response.get("headers") or {}, response.get("multiValueHeaders") or {}
    if not isinstance(single, dict) or not isinstance(multiple, dict):
        raise MalformedResponseError("the headers are not an object")
    pairs = []
    for name, values in [*multiple.items(), *((name, [value]) for name, value in single.items())]:
        if not isinstance(values, list):
            raise MalformedResponseError("a multi-value header is not a list")
        for value in values:
            if not isinstance(value, str | int | float):
                raise MalformedResponseError("a header value is not a string or number")
            pair = (name, str(value).lower() if isinstance(value, bool) else str(value))
            if pair not in pairs:
                pairs.append(pair)
    return pairs


def _remapped(name: str, value: str) -> tuple[str, str]:
    return (f"x-amzn-Remapped-{name}" if name.lower() in _RENAMED_HEADERS else name, value)


def _forwarded(request: Request) -> list[tuple[str, str]]:
    """The request's headers, with the X-Forwarded ones that API Gateway sets."""
    before = [value for name, value in request.headers if name == "x-forwarded-for"]
    own = [
        (_title(name), value)
        for name, value in request.headers
        if name not in {"x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", *_OWN}
    ]
    return [
        *own,
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
    """A sort key: literal segments above parameters above greedy ones, from the left."""
    return [
        2 if not segment.startswith("{") else 0 if segment.endswith("+}") else 1
        for segment in resource.strip("/").split("/")
    ]
