"""Requests to the predict function's handler, made from the example event."""

import base64
import json
from typing import Any

from tests.support.handler_calls import LambdaContext
from tests.support.paths import ROOT

EVENTS = ROOT / "events"

Event = dict[str, Any]


def read_event(name: str) -> Event:
    """One of the examples in `events/`."""
    found: Event = json.loads((EVENTS / name).read_text())
    return found


def picture_event(body: bytes, content_type: str, **query: str) -> Event:
    """``POST /predict`` with a body of bytes, as API Gateway passes it on."""
    event = read_event("predict.json")
    event["headers"]["Content-Type"] = content_type
    event["multiValueHeaders"]["Content-Type"] = [content_type]
    event["body"] = base64.b64encode(body).decode()
    event["queryStringParameters"] = query or None
    event["multiValueQueryStringParameters"] = {k: [v] for k, v in query.items()} or None
    return event


def predict(event: Event) -> Any:
    """What the handler answers."""
    from functions.predict.handler import handler

    return handler(event, LambdaContext())


def parsed(answer: Any) -> tuple[int, Any]:
    """Status and JSON body of an answer."""
    return answer["statusCode"], json.loads(answer["body"])
