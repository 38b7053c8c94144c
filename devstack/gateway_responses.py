"""What the gateway itself answers, with the bodies of the template's gateway responses."""

import json
import re
from collections.abc import Mapping
from typing import Any

from devstack.events import Answer, Request

# Status and message of the gateway response types that can occur here, as API Gateway has them.
_DEFAULTS = {
    "MISSING_AUTHENTICATION_TOKEN": (403, "Missing Authentication Token"),
    "REQUEST_TOO_LARGE": (413, "Request Too Long"),
    "INTEGRATION_FAILURE": (502, "Internal server error"),
    "INTEGRATION_TIMEOUT": (504, "Endpoint request timed out"),
}


class GatewayResponses:
    """Gateway responses: by type, else by class of status, else API Gateway's own."""

    def __init__(self, responses: Mapping[str, Any] | None) -> None:
        self._responses = responses or {}

    def answer(self, kind: str, request: Request) -> Answer:
        """The answer of one gateway response type to a request."""
        status, message = _DEFAULTS[kind]
        response = self._responses.get(kind) or self._responses.get(f"DEFAULT_{status // 100}XX")
        if response is None:
            return Answer(
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
        body = _filled(templates[media_type], kind, message, request)
        return Answer(
            int(response.get("StatusCode", status)),
            [(name, str(value).strip("'")) for name, value in headers.items()],
            body.encode(),
        )


def _filled(template: str, kind: str, message: str, request: Request) -> str:
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
