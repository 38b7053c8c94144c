"""Latency, CPU time and memory of the built predict function, cold and warm."""

import base64
import json
import mimetypes
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devstack.artifacts import Artifacts, report
from devstack.function_pool import ROOT
from devstack.runtime import Runtime
from devstack.servers import EMULATOR_ENVIRONMENT

_FUNCTION = "PredictFunction"
# POST /predict stores nothing: it needs neither database nor bucket.
_ENVIRONMENT = {**EMULATOR_ENVIRONMENT, "POWERTOOLS_TRACE_DISABLED": "true"}


@dataclass(frozen=True)
class Timings:
    """Wall-clock and CPU time of some invocations, in seconds."""

    wall: list[float]
    cpu: list[float]

    def line(self, name: str) -> str:
        """A row of the table: p50 and p95 of both."""
        return f"{name:<28}{_percentiles(self.wall)}  {_percentiles(self.cpu)}"


def measure(picture: Path, calls: int, starts: int) -> str:
    """A table of cold starts, warm calls, memory and artifact sizes."""
    artifacts, event = Artifacts(), _event(picture)
    cold, warm, peaks = Timings([], []), Timings([], []), []
    with _one_cpu(), tempfile.TemporaryDirectory() as folder:
        for _ in range(starts):
            with Runtime(artifacts, _FUNCTION, _ENVIRONMENT, Path(folder) / "log") as runtime:
                _call(runtime, event, cold, spent=0)
                for _ in range(-(-calls // starts)):
                    _call(runtime, event, warm, spent=runtime.cpu_seconds())
                peaks.append(runtime.peak_bytes())
    return "\n".join(
        [
            f"{picture.name}, one CPU".ljust(28) + "  wall clock, s         CPU time, s",
            "                               p50     p95          p50     p95",
            cold.line(f"cold start, {starts} calls"),
            warm.line(f"{len(warm.wall)} warm calls"),
            f"peak memory {max(peaks) / 1e6:.0f} MB",
            report(artifacts),
        ]
    )


def _call(runtime: Runtime, event: Mapping[str, Any], timings: Timings, spent: float) -> None:
    started = time.perf_counter()
    response = runtime.invoke(event)
    timings.wall.append(time.perf_counter() - started)
    timings.cpu.append(runtime.cpu_seconds() - spent)
    assert response["statusCode"] in (200, 422), response  # 422: no ECG was found


def _percentiles(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    return f"{statistics.median(ordered):8.2f}{ordered[int(0.95 * (len(ordered) - 1))]:8.2f}"


def _event(picture: Path) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((ROOT / "events" / "predict.json").read_text())
    kind = mimetypes.guess_type(picture.name)[0] or "application/octet-stream"
    event["headers"]["Content-Type"] = kind
    event["multiValueHeaders"]["Content-Type"] = [kind]
    event["body"] = base64.b64encode(picture.read_bytes()).decode()
    return event


@contextmanager
def _one_cpu() -> Iterator[None]:
    """Restrict child processes to one CPU, as of a function with 1769 MB (Linux)."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
