"""Send mutated files to the real `/predict`: each gets an answer or a refusal by name, in time.

    PYTHONPATH=. .venv/bin/python tools/fuzz_predict.py --count 10000 --out out/fuzz-predict.jsonl

Seeds are the samples and the files of tests/support/bombs.py. It starts a development stack of its
own, and takes up where the lines in `--out` end. Every file is made anew from the seed and its
number: `--first 1234 --count 1 --keep out` writes number 1234 to `out`. The exit status is 1 if a
file got anything else than a result or a named refusal, or a server died. What the gateway gave up
waiting for (504 after 29 s) is counted apart: on a busy machine it says little, the processor time
beside it more.
"""

import argparse
import json
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from rich.progress import track

from devstack.runtime import cpu_seconds
from tests.support.bombs import BOMBS
from tests.support.devstack_process import DevStackProcess, process_tree
from tests.support.paths import ROOT, SAMPLES
from tools.fuzz_pictures import BYTE_MUTATIONS, Rng, mutated

_FILES = {
    path.name: path.read_bytes
    for path in sorted(SAMPLES.iterdir())
    if path.suffix in {".png", ".jpg", ".pdf"}
}
_PICTURES = [name for name in _FILES if not name.endswith(".pdf")]
_SEEDS: dict[str, Callable[[], bytes]] = {**_FILES, **BOMBS}
_PROCESSES = {"predict": b"functions.predict.handler", "decoder": b"heartsense.images.decoder"}
_ANSWERS = {200, 413, 415, 422}  # a result; too large, no image, no ECG or unreadable
_TIMED_OUT = 504
_TIMEOUT = 60.0  # twice what the gateway waits


def main(arguments: list[str]) -> int:
    """Send the files that have no line yet; 1 if one of all was not answered as it should be."""
    parser = argparse.ArgumentParser(description="Send mutated files to /predict.")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="end after this time")
    parser.add_argument("--out", type=Path, default=Path("out/fuzz-predict.jsonl"))
    parser.add_argument("--keep", type=Path, help="folder for the mutated files")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the stack ends, too
    options.out.parent.mkdir(parents=True, exist_ok=True)
    done = {line["number"] for line in _lines(options.out)}
    numbers = [n for n in range(options.first, options.first + options.count) if n not in done]
    end = time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory() as folder, options.out.open("a") as out:
        stack = DevStackProcess(Path(folder), template=ROOT / "template.yaml", firewall=False)
        try:
            for number in track(numbers, description="files", disable=not sys.stderr.isatty()):
                if time.monotonic() > end:
                    break
                name, mutations, data = make(options.seed, number)
                if options.keep:
                    (options.keep / f"{number}.bin").write_bytes(data)
                found = {"number": number, "source": name, "mutations": mutations}
                print(json.dumps({**found, **send(stack, data)}), file=out, flush=True)
        finally:
            died = stack.stop() != 0
    print(json.dumps({**summary(_lines(options.out)), "stack_died": died}))
    return int(died or any(line["foreign"] for line in _lines(options.out)))


def make(seed: int, number: int) -> tuple[str, list[str], bytes]:
    """The seed's name, the names of the mutations and the file of a number."""
    rng = np.random.default_rng([seed, number])
    if rng.random() < 0.5:
        name = _PICTURES[int(rng.integers(len(_PICTURES)))]
        return name, *mutated(_content(name), rng)
    name = list(_SEEDS)[int(rng.integers(len(_SEEDS)))]
    return name, *_mutated_bytes(_content(name), rng)


def send(stack: DevStackProcess, data: bytes) -> dict[str, Any]:
    """What became of one file."""
    started, spent = time.perf_counter(), _cpu_seconds(stack)
    try:
        answer = httpx.post(
            f"{stack.url}/predict",
            content=data,
            headers={"Content-Type": "application/octet-stream"},
            timeout=_TIMEOUT,
            trust_env=False,
        )
        status, code = answer.status_code, _code(answer)
    except httpx.TransportError as error:
        status, code = 0, type(error).__name__
    return {
        "bytes": len(data),
        "status": status,
        "code": code,
        "foreign": status not in {*_ANSWERS, _TIMED_OUT} or not code,
        "seconds": round(time.perf_counter() - started, 2),
        "cpu_seconds": round(_cpu_seconds(stack) - spent, 2),
        "peak_mb": _peaks(stack),
    }


def summary(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """The numbers of all files sent so far."""
    return {
        "files": len(lines),
        "foreign": sum(line["foreign"] for line in lines),
        "timed_out": sum(line["status"] == _TIMED_OUT for line in lines),
        "slowest_s": max(line["seconds"] for line in lines),
        "slowest_cpu_s": max(line["cpu_seconds"] for line in lines),
        "peak_mb": {
            name: max(line["peak_mb"].get(name, 0) for line in lines) for name in _PROCESSES
        },
        "codes": dict(Counter(line["code"] for line in lines).most_common()),
    }


@cache
def _content(name: str) -> bytes:
    return _SEEDS[name]()


def _mutated_bytes(data: bytes, rng: Rng) -> tuple[list[str], bytes]:
    names = []
    for _ in range(int(rng.integers(1, 4))):
        if data:
            change = BYTE_MUTATIONS[int(rng.integers(len(BYTE_MUTATIONS)))]
            data = change(data, rng)
            names.append(change.__name__)
    return names, data


def _code(answer: httpx.Response) -> str:
    """`read` for a result, else the problem's code; empty if it is neither."""
    try:
        body = answer.json()
    except ValueError:
        return ""
    return "read" if answer.status_code == 200 else str(body.get("code", ""))


def _cpu_seconds(stack: DevStackProcess) -> float:
    """CPU time of the stack and all that it started, gateway and other servers included."""
    return cpu_seconds(stack.process.pid)


def _peaks(stack: DevStackProcess) -> dict[str, int]:
    """Peak memory in MB of each kind of process, of those that still run."""
    peaks: Counter[str] = Counter()
    for pid in process_tree(stack.process.pid):
        with suppress(OSError):
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            for name, part in _PROCESSES.items():
                if part in command:
                    status = Path(f"/proc/{pid}/status").read_text()
                    if found := re.search(r"VmHWM:\s+(\d+) kB", status):
                        peaks[name] = max(peaks[name], round(int(found[1]) / 1000))
    return dict(peaks)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
