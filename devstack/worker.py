"""One execution environment of a function: ``python -m devstack.worker HANDLER``.

It exchanges length-prefixed JSON over stdin and stdout: it reads an event with its context and
writes the handler's result or error, one at a time. What the handler prints goes to stderr.
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
class LambdaContext:
    """Lambda's context object; `deadline` is in seconds since the epoch."""

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
    """Import the handler, report that it is ready, and handle events until stdin ends."""
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        module, _, name = handler_path.rpartition(".")
        handler = getattr(importlib.import_module(module), name)
    except Exception as error:
        sys.excepthook(type(error), error, error.__traceback__)
        _write(sink, _failure(error))  # last: the reader kills this process
        raise SystemExit(1) from None
    _write(sink, {"ready": True})
    while message := _read(source):
        try:
            result = {"result": handler(message["event"], LambdaContext(**message["context"]))}
            _write(sink, result)
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
