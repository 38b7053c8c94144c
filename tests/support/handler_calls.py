"""A function's handler called in this process, with the events that the gateway makes."""

import itertools
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from devstack.events import Request, proxy_event
from devstack.template import Route

_sources = itertools.count(1)


def new_source() -> str:
    """A network address that nothing was counted for yet."""
    number = next(_sources)
    return f"10.{number // 65536 % 256}.{number // 256 % 256}.{number % 256}"


@dataclass(frozen=True)
class LambdaContext:
    """What Lambda passes beside the event, for handlers that are given events as they are."""

    function_name: str = "tests"
    memory_limit_in_mb: int = 1769
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:000000000000:function:tests"
    aws_request_id: str = "0"

    def get_remaining_time_in_millis(self) -> int:
        return 60000


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any

    @property
    def code(self) -> str | None:
        """A problem's code."""
        return self.body.get("code") if isinstance(self.body, dict) else None


def call(
    handler: Callable[[dict[str, Any], Any], dict[str, Any]],
    method: str,
    path: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    source: str | None = None,
) -> Reply:
    """One request to a handler."""
    content = b"" if body is None else json.dumps(body).encode()
    request = Request(
        method=method,
        path=path,
        query="",
        headers=[
            ("content-type", "application/json"),
            *((name.lower(), value) for name, value in (headers or {}).items()),
        ],
        body=content,
        source_ip=source or new_source(),
    )
    event = proxy_event(request, Route(method, path, "AuthFunction"), {}, [])
    answer = handler(event, LambdaContext(aws_request_id=str(uuid.uuid4())))
    text = answer["body"]
    return Reply(answer["statusCode"], json.loads(text) if text else None)
