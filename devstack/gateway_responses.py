"""Responses that API Gateway itself sends, by the template's GatewayResponses."""

import json
import re
from collections.abc import Mapping
from typing import Any

from devstack.events import HttpResponse, Request

# API Gateway's status and message of the response types that occur here.
_DEFAULTS = {
    "MISSING_AUTHENTICATION_TOKEN": (403, "Missing Authentication Token"),
    "REQUEST_TOO_LARGE": (413, "Request Too Long"),
    "INTEGRATION_FAILURE": (502, "Internal server error"),
    "INTEGRATION_TIMEOUT": (504, "Endpoint request timed out"),
}


class GatewayResponses:
    """Finds a response by its type, then by its status class, then API Gateway's default."""

    def __init__(self, responses: Mapping[str, Any] | None) -> None:
        self._responses = responses or {}

    def response(self, kind: str, request: Request) -> HttpResponse:
        """The response of one gateway response type to a request."""
        status, message = _DEFAULTS[kind]
        response = self._responses.get(kind) or self._responses.get(f"DEFAULT_{status // 100}XX")
        if response is None:
            return HttpResponse(
                status, [("Content-Type", "application/json")], _json({"message": message})
            )
        templates = response.get("ResponseTemplates") or {
            "application/json": '{"message":$context.error.messageString}'
        }
        accepted = request.header("accept").split(",")[0].partition(";")[0]
        media_type = accepted if accepted in templates else next(iter(templates))
        headers = {
            "Content-Type": media_type,
            **response.get("ResponseParameters", {}).get("Headers", {}),
        }
        body = _expand(templates[media_type], kind, message, request)
        return HttpResponse(
            int(response.get("StatusCode", status)),
            [(name, str(value).strip("'")) for name, value in headers.items()],
            body.encode(),
        )


def _expand(template: str, kind: str, message: str, request: Request) -> str:
    values = {
        "error.messageString": json.dumps(message),
        "error.message": message,
        "error.responseType": kind,
        "requestId": request.id,
        "extendedRequestId": request.id,
        "httpMethod": request.method,
        "path": request.path,
    }
    return re.sub(
        r"\$context\.((?:error\.)?[A-Za-z]+)", lambda match: values.get(match[1], ""), template
    )


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
