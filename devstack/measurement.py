"""How fast the built predict function is: from nothing, and once it runs."""

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
# Nothing is stored by POST /predict: neither database nor bucket is asked.
_ENVIRONMENT = {**EMULATOR_ENVIRONMENT, "POWERTOOLS_TRACE_DISABLED": "true"}


@dataclass(frozen=True)
class Times:
    """Of some calls, in seconds: on the clock, and of the processor."""

    clock: list[float]
    processor: list[float]

    def line(self, name: str) -> str:
        """p50 and p95 of both."""
        return f"{name:<28}{_percentiles(self.clock)}  {_percentiles(self.processor)}"


def measure(picture: Path, calls: int, starts: int) -> str:
    """A table: cold starts, warm calls, memory, sizes."""
    artifacts, event = Artifacts(), _event(picture)
    cold, warm, peaks = Times([], []), Times([], []), []
    with _one_processor(), tempfile.TemporaryDirectory() as folder:
        for _ in range(starts):
            with Runtime(artifacts, _FUNCTION, _ENVIRONMENT, Path(folder) / "log") as runtime:
                _call(runtime, event, cold, spent=0)
                for _ in range(-(-calls // starts)):
                    _call(runtime, event, warm, spent=runtime.processor_seconds())
                peaks.append(runtime.peak_bytes())
    return "\n".join(
        [
            f"{picture.name}, one processor      s on the clock       s of processor time",
            "                               p50     p95          p50     p95",
            cold.line(f"first call of {starts} starts"),
            warm.line(f"{len(warm.clock)} warm calls"),
            f"peak memory {max(peaks) / 1e6:.0f} MB",
            report(artifacts),
        ]
    )


def _call(runtime: Runtime, event: Mapping[str, Any], times: Times, spent: float) -> None:
    started = time.perf_counter()
    answer = runtime.invoke(event)
    times.clock.append(time.perf_counter() - started)
    times.processor.append(runtime.processor_seconds() - spent)
    assert answer["statusCode"] in (200, 422), answer  # 422: no ECG was found, after a full look


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
def _one_processor() -> Iterator[None]:
    """Give what is started here one processor: what a function with 1769 MB has (Linux)."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
