"""One execution environment of a function: ``python -m devstack.worker HANDLER``.

It speaks length-prefixed JSON over its own stdin and stdout: an event with its context comes in,
the handler's answer or error goes out, one at a time. What the handler prints goes to stderr.
"""

import importlib
import json
import os
import struct
import sys
import time
from dataclasses import dataclass
from typing import Any, BinaryIO

LENGTH = struct.Struct(">I")


@dataclass(frozen=True)
class Context:
    """What Lambda tells a handler about its invocation; times in milliseconds."""

    function_name: str
    memory_limit_in_mb: int
    aws_request_id: str
    deadline: float
    function_version: str = "$LATEST"
    log_group_name: str = "local"
    log_stream_name: str = "local"
    identity: None = None
    client_context: None = None

    @property
    def invoked_function_arn(self) -> str:
        region = os.environ["AWS_REGION"]
        return f"arn:aws:lambda:{region}:000000000000:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.deadline - time.time()) * 1000))


def main(handler_path: str) -> None:
    """Load the handler, say so, and answer until stdin ends."""
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        module, _, name = handler_path.rpartition(".")
        handler = getattr(importlib.import_module(module), name)
    except Exception as error:
        sys.excepthook(type(error), error, error.__traceback__)
        _write(sink, _failure(error))  # last: who reads it ends this process
        raise SystemExit(1) from None
    _write(sink, {"ready": True})
    while message := _read(source):
        try:
            answer = {"answer": handler(message["event"], Context(**message["context"]))}
            _write(sink, answer)
        except Exception as error:
            sys.excepthook(type(error), error, error.__traceback__)
            _write(sink, _failure(error))


def _failure(error: Exception) -> dict[str, Any]:
    return {"error": {"errorType": type(error).__name__, "errorMessage": str(error)}}


def _read(source: BinaryIO) -> Any:
    header = source.read(LENGTH.size)
    return json.loads(source.read(*LENGTH.unpack(header))) if len(header) == LENGTH.size else None


def _write(sink: BinaryIO, message: dict[str, Any]) -> None:
    content = json.dumps(message).encode()  # TypeError before anything is written
    sink.write(LENGTH.pack(len(content)) + content)
    sink.flush()


if __name__ == "__main__":
    main(sys.argv[1])
