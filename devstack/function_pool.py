"""Execution environments of functions: processes that handle one event at a time."""

import asyncio
import json
import os
import sys
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from devstack.fair_slots import FairSlots
from devstack.processes import DevStackError, die_with_parent, tail
from devstack.template import Function
from devstack.worker import LENGTH

ROOT = Path(__file__).parents[1]
START_SECONDS = 60.0
# Lambda's limit for synchronous requests and responses, in bytes of JSON.
PAYLOAD_LIMIT = 6 * 1024 * 1024


class FunctionError(Exception):
    """The function raised, exited or timed out."""


class PayloadTooLargeError(Exception):
    """The event is above Lambda's payload limit."""


class FunctionPool:
    """Up to `size` processes of one function, started on demand and replaced when they exit.

    Parameters
    ----------
    function
        The function to run.
    environment
        The complete environment of the processes; this process's own is not inherited.
    log
        File for the handlers' output.
    size
        Maximum concurrency.
    """

    def __init__(
        self, function: Function, environment: Mapping[str, str], log: Path, size: int = 2
    ) -> None:
        self._function = function
        self._environment = dict(environment)
        self._log = log
        self._slots = FairSlots(size)
        self._idle: list[asyncio.subprocess.Process] = []
        self._all: set[asyncio.subprocess.Process] = set()
        self._stopped = False

    async def start(self) -> None:
        """Start the first process; DevStackError when the handler cannot be imported."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._log.write_bytes(b"")
        async with self._slots.hold():
            try:
                self._idle.append(await self._spawn())
            except FunctionError as error:
                raise DevStackError(
                    f"{self._function.name} does not start: {error}. "
                    f"The end of {self._log}:\n{tail(self._log)}"
                ) from None

    async def invoke(self, event: Any, source: str = "") -> Any:
        """What the handler returns; raises PayloadTooLargeError or FunctionError.

        Lambda would refuse what is above the concurrency; here it waits, and sources take turns.
        """
        timeout = self._function.timeout
        content = json.dumps(event).encode()
        if len(content) > PAYLOAD_LIMIT:
            raise PayloadTooLargeError
        async with self._slots.hold(source):
            worker = self._idle.pop() if self._idle else await self._spawn()
            context = {
                "function_name": self._function.name,
                "memory_limit_in_mb": self._function.memory,
                "aws_request_id": str(uuid.uuid4()),
                "deadline": time.time() + timeout,
            }
            message = b'{"event":%b,"context":%b}' % (content, json.dumps(context).encode())
            try:
                reply = await asyncio.wait_for(_exchange(worker, message), timeout)
            except TimeoutError:
                raise FunctionError(f"timed out after {timeout:.0f} s") from None
            except (asyncio.IncompleteReadError, ConnectionError):
                raise FunctionError("the process exited") from None
            else:
                self._idle.append(worker)
            finally:
                if worker not in self._idle:
                    await self._end(worker)
        return _result(reply)

    async def stop(self) -> None:
        """Kill all processes, busy or idle; events that wait fail."""
        self._stopped = True
        for worker in list(self._all):
            await self._end(worker)
        self._idle.clear()

    async def _spawn(self) -> asyncio.subprocess.Process:
        if self._stopped:
            raise FunctionError("the stack stops")
        with self._log.open("ab") as log:
            worker = await asyncio.create_subprocess_exec(
                *die_with_parent(),
                *(sys.executable, "-m", "devstack.worker", self._function.handler),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=self._environment,
                cwd=ROOT,
                start_new_session=True,
            )
        self._all.add(worker)
        try:
            _result(await asyncio.wait_for(_receive(worker), START_SECONDS))
        except (asyncio.IncompleteReadError, TimeoutError, FunctionError) as error:
            await self._end(worker)
            raise FunctionError(str(error) or "it did not become ready") from None
        return worker

    async def _end(self, worker: asyncio.subprocess.Process) -> None:
        self._all.discard(worker)
        with suppress(ProcessLookupError):
            worker.kill()
        if worker.stdin is not None:
            worker.stdin.close()
        await worker.wait()


def base_environment() -> dict[str, str]:
    """The variables of this process that every function's process needs."""
    names = ("PATH", "HOME", "TMPDIR", "LANG", "SSL_CERT_FILE", "OMP_NUM_THREADS")
    return {name: os.environ[name] for name in names if name in os.environ}


async def _exchange(worker: asyncio.subprocess.Process, message: bytes) -> dict[str, Any]:
    assert worker.stdin is not None
    worker.stdin.write(LENGTH.pack(len(message)) + message)
    await worker.stdin.drain()
    return await _receive(worker)


async def _receive(worker: asyncio.subprocess.Process) -> dict[str, Any]:
    assert worker.stdout is not None
    (length,) = LENGTH.unpack(await worker.stdout.readexactly(LENGTH.size))
    content = await worker.stdout.readexactly(length)
    if length > PAYLOAD_LIMIT:
        return {"error": {"errorType": "ResponseSizeTooLarge", "errorMessage": f"{length} bytes"}}
    reply: dict[str, Any] = json.loads(content)
    return reply


def _result(reply: Mapping[str, Any]) -> Any:
    if error := reply.get("error"):
        raise FunctionError(f"{error['errorType']}: {error['errorMessage']}")
    return reply.get("result")
