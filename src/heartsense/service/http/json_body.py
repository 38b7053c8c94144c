"""What bodies look like: JSON objects, and nothing that is taken for one."""

import json
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

from heartsense.errors import InvalidRequestError, UnsupportedMediaTypeError


def read_object(text: str) -> dict[str, Any]:
    """Parse a JSON body; InvalidRequestError for all that is none.

    That is more than the parser refuses by itself: nested too deep (RecursionError), numbers too
    long (ValueError), and a list of one object, which the validation would take for the object.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidRequestError("The body is not JSON.") from None
    if not isinstance(content, dict):
        raise InvalidRequestError("The body is not a JSON object.")
    return content


def require_json(app: APIGatewayRestResolver, next_middleware: NextMiddleware) -> Response[str]:
    """Refuse bodies that are not declared as JSON (a middleware).

    Browsers send JSON to another origin only after asking it, and forms or undeclared bodies
    without: so no page elsewhere can sign somebody in, or out (cross-site request forgery).
    """
    event = app.current_event
    media_type = event.headers.get("content-type", "").partition(";")[0].strip().lower()
    if event.body and media_type != "application/json":
        raise UnsupportedMediaTypeError("Send the body as application/json.")
    return next_middleware(app)
