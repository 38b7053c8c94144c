"""Request bodies: JSON objects that are declared as such."""

import json
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

from heartsense.errors import InvalidRequestError, UnsupportedMediaTypeError


def parse_json_object(text: str) -> dict[str, Any]:
    """Parse a JSON body; InvalidRequestError unless it is an object.

    Stricter than powertools' parser, which does not catch deep nesting (RecursionError) or very
    long numbers (ValueError), and accepts a list of one object in place of the object.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidRequestError("The body is not valid JSON.") from None
    if not isinstance(content, dict):
        raise InvalidRequestError("The body is not a JSON object.")
    return content


def require_json(app: APIGatewayRestResolver, next_middleware: NextMiddleware) -> Response[str]:
    """Middleware that refuses bodies with another content type than JSON.

    Browsers ask before they send JSON to another origin, but not for forms. This keeps other
    sites from signing a visitor in or out (cross-site request forgery).
    """
    event = app.current_event
    media_type = event.headers.get("content-type", "").partition(";")[0].strip().lower()
    if event.body and media_type != "application/json":
        raise UnsupportedMediaTypeError("Send the body as application/json.")
    return next_middleware(app)
