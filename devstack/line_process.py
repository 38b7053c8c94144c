"""A process that answers each line of its input with a line, to be timed."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

from devstack.process_usage import cpu_seconds, peak_bytes


class Took(NamedTuple):
    """Seconds of the clock, and of the processor."""

    clock: float
    processor: float


class LineProcess:
    """A running process; what it says on standard error is dropped."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        self._started = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def first_answer(self) -> Took:
        """Since the process was started."""
        self._ask()
        return Took(time.perf_counter() - self._started, cpu_seconds(self._process.pid))

    def answer(self) -> Took:
        """Ask once more."""
        clock, processor = time.perf_counter(), cpu_seconds(self._process.pid)
        self._ask()
        return Took(time.perf_counter() - clock, cpu_seconds(self._process.pid) - processor)

    def peak_bytes(self) -> int:
        """The most memory that it has had (Linux)."""
        return peak_bytes(self._process.pid)

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def _ask(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"\n")
        assert self._process.stdout.readline(), "it died"
