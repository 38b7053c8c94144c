"""Send mutated files to the real `/predict`: each gets an answer or a refusal by name, in time.

    PYTHONPATH=. .venv/bin/python tools/fuzz_predict.py --count 10000 --out out/fuzz-predict.jsonl

Of a hundred files, two are samples, whose pictures are changed too; ten are those of
tests/support/bombs.py; the others are small ones in all formats (tests/support/small_files.py),
most of them pale ones that end with the decoder and cost little. It starts a development stack of
its own, and takes up where the lines in `--out` end. Every file is made anew from the seed and its
number: `--first 1234 --count 1 --keep out` writes number 1234 to `out`. The exit status is 1 if a
file got anything else than a result or a named refusal, or a server died. What the gateway gave up
waiting for (504 after 29 s) is counted apart: on a busy machine it says little, the processor time
beside it more.
"""

import argparse
import json
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

from tests.support.bombs import BOMBS
from tests.support.devstack_process import DevStackProcess
from tests.support.paths import ROOT, SAMPLES
from tests.support.predict_client import PredictClient
from tests.support.small_files import PALE_FILES, SMALL_FILES
from tools.fuzz_pictures import BYTE_MUTATIONS, Rng, mutated

_SAMPLES: dict[str, Callable[[], bytes]] = {
    path.name: path.read_bytes
    for path in sorted(SAMPLES.iterdir())
    if path.suffix in {".png", ".jpg"}
}
_DOCUMENTS: dict[str, Callable[[], bytes]] = {"paced.pdf": (SAMPLES / "paced.pdf").read_bytes}
_SEEDS = {**_SAMPLES, **_DOCUMENTS, **BOMBS, **SMALL_FILES, **PALE_FILES}
_SHARES: tuple[tuple[float, dict[str, Callable[[], bytes]]], ...] = (
    (0.02, {**_SAMPLES, **_DOCUMENTS}),
    (0.10, BOMBS),
    (0.08, SMALL_FILES),
    (0.80, PALE_FILES),
)
_ANSWERS = {200, 413, 415, 422}  # a result; too large, no image, no ECG or unreadable
_TIMED_OUT = 504


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
            with closing(PredictClient(stack)) as predict:
                for number in track(numbers, description="files", disable=not sys.stderr.isatty()):
                    if time.monotonic() > end:
                        break
                    name, mutations, data = make(options.seed, number)
                    if options.keep:
                        (options.keep / f"{number}.bin").write_bytes(data)
                    found = {"number": number, "source": name, "mutations": mutations}
                    print(json.dumps({**found, **_sent(predict, data)}), file=out, flush=True)
        finally:
            died = stack.stop() != 0
    print(json.dumps({**summary(_lines(options.out)), "stack_died": died}))
    return int(died or any(line["foreign"] for line in _lines(options.out)))


def make(seed: int, number: int) -> tuple[str, list[str], bytes]:
    """The seed's name, the names of the mutations and the file of a number."""
    rng = np.random.default_rng([seed, number])
    kind = int(rng.choice(len(_SHARES), p=[share for share, _ in _SHARES]))
    names = list(_SHARES[kind][1])
    name = names[int(rng.integers(len(names)))]
    if name in _SAMPLES:
        return name, *mutated(_content(name), rng)
    return name, *_mutated_bytes(_content(name), rng)


def summary(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """The numbers of all files sent so far."""
    return {
        "files": len(lines),
        "foreign": sum(line["foreign"] for line in lines),
        "timed_out": sum(line["status"] == _TIMED_OUT for line in lines),
        "over_10_s": sum(line["seconds"] > 10 for line in lines),
        "slowest_s": max(line["seconds"] for line in lines),
        "slowest_cpu_s": max(line["cpu_seconds"] for line in lines),
        "peak_mb": {
            name: max(line["peak_mb"].get(name, 0) for line in lines)
            for name in ("predict", "decoder")
        },
        "codes": dict(Counter(line["code"] for line in lines).most_common()),
    }


def _sent(predict: PredictClient, data: bytes) -> dict[str, Any]:
    """What became of one file."""
    answer = predict.send(data)
    is_foreign = answer.status not in {*_ANSWERS, _TIMED_OUT} or not answer.code
    return {**asdict(answer), "foreign": is_foreign}


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


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
