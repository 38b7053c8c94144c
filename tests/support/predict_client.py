"""Files to a development stack's `/predict`: what each gets, and what it takes of the stack."""

import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from devstack.process_usage import children, cpu_seconds, peak_bytes
from tests.support.devstack_process import DevStackProcess, process_tree

_TIMEOUT = 60.0  # twice what the gateway waits
_WATCH_SECONDS = 0.1
_PREDICT = b"functions.predict.handler"
_RESET_PEAK = "5"  # proc(5), clear_refs


@dataclass(frozen=True)
class Answer:
    """What a file got.

    `code` is ``read`` for a result, else the problem's; empty for neither. `cpu_seconds` are of the
    whole stack, `peak_mb` is the most memory that predict's process and a decoder had meanwhile.
    """

    bytes: int
    status: int
    code: str
    seconds: float
    cpu_seconds: float
    peak_mb: dict[str, int]

    def __str__(self) -> str:
        return (
            f"{self.bytes:>10} {self.status} {self.code:<18}{self.seconds:6.2f} s"
            f"{self.cpu_seconds:6.2f} s{max(self.peak_mb.values(), default=0):5} MB"
        )


class PredictClient:
    """Sends one file after the other (Linux), from a network address of its own if one is given."""

    def __init__(self, stack: DevStackProcess, source: str | None = None) -> None:
        self._root = stack.process.pid
        self._functions: list[int] = []
        self._http = httpx.Client(
            base_url=stack.url,
            transport=httpx.HTTPTransport(local_address=source),
            headers={"Content-Type": "application/octet-stream"},
            timeout=_TIMEOUT,
            trust_env=False,
        )

    def send(self, data: bytes) -> Answer:
        """Send a file and wait for the answer; status 0 if there is none."""
        peaks, answered = Counter[str](), threading.Event()
        watching = threading.Thread(target=self._watch, args=(peaks, answered))
        self._reset_peaks()
        started, spent = time.perf_counter(), cpu_seconds(self._root)
        watching.start()
        try:
            answer = self._http.post("/predict", content=data)
            status, code = answer.status_code, _code(answer)
        except httpx.TransportError as error:
            status, code = 0, type(error).__name__
        seconds = time.perf_counter() - started
        answered.set()
        watching.join()
        return Answer(
            bytes=len(data),
            status=status,
            code=code,
            seconds=round(seconds, 2),
            cpu_seconds=round(cpu_seconds(self._root) - spent, 2),
            peak_mb=dict(peaks),
        )

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _watch(self, peaks: Counter[str], answered: threading.Event) -> None:
        """Look until the answer is there, and once more: a decoder at its limit ends with it."""
        over = False
        while not over:
            over = answered.wait(_WATCH_SECONDS)
            for name, pid in self._processes():
                with suppress(OSError):
                    peaks[name] = max(peaks[name], round(peak_bytes(pid) / 1e6))

    def _reset_peaks(self) -> None:
        """Let what earlier files took not count."""
        for _, pid in self._processes():
            with suppress(OSError):
                Path(f"/proc/{pid}/clear_refs").write_text(_RESET_PEAK)

    def _processes(self) -> list[tuple[str, int]]:
        """Name and process id of what sees the file: functions, and decoders below them."""
        if not self._functions or not all(map(_is_predict, self._functions)):
            self._functions = [pid for pid in process_tree(self._root) if _is_predict(pid)]
        decoders = [pid for function in self._functions for pid in children(function)]
        return [
            *(("predict", pid) for pid in self._functions),
            *(("decoder", pid) for pid in decoders),
        ]


def _is_predict(pid: int) -> bool:
    try:
        return _PREDICT in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _code(answer: httpx.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        return ""
    return "read" if answer.status_code == 200 else str(body.get("code", ""))
