"""Start, warm answer and memory of HeartSense and of the original stack, in turn on one processor.

    make compare

Both read a picture from disk and classify it, in plain processes without a web server. The start
is from the process's own to the first answer. Seconds are of the clock and of the processor.
"""

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

from devstack.function_pool import ROOT
from devstack.line_process import LineProcess, Took

ORIGINAL = ROOT / "tools" / "original"
FILES = ROOT / "build" / "original"
_READ = """
import sys
import heartsense
for _ in sys.stdin:
    print(*heartsense.read(sys.argv[1]).findings, flush=True)
"""


def main(arguments: list[str]) -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description="HeartSense beside the original stack.")
    parser.add_argument("picture", type=Path)
    parser.add_argument("--python", type=Path, required=True, help="of the original's environment")
    parser.add_argument("--weights", type=Path, required=True, help="MobileNetV2's, .h5")
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--calls", type=int, default=10, help="warm ones after each start")
    options = parser.parse_args(arguments)
    os.environ.update(OMP_NUM_THREADS="1", TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1")
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    fitted = [str(options.python), str(ORIGINAL / "fit.py"), str(ROOT / "samples")]
    if not (FILES / "classifiers.pkl").exists():
        subprocess.run([*fitted, str(options.weights), str(FILES)], check=True)
    commands = {
        "HeartSense": [sys.executable, "-c", _READ, str(options.picture)],
        "original stack": [
            *(str(options.python), str(ORIGINAL / "serve.py"), str(options.picture), str(FILES))
        ],
    }
    print(f"{options.picture.name}, one processor, load {os.getloadavg()[0]:.1f}\n")
    print("| | start, s | processor, s | warm p50, s | processor, s | peak, MB |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, row in measured(commands, options.starts, options.calls).items():
        print(f"| {name} | {row} |", flush=True)


def measured(commands: dict[str, list[str]], starts: int, calls: int) -> dict[str, str]:
    """The cells of each stack's row; the two take turns."""
    first: dict[str, list[Took]] = {name: [] for name in commands}
    warm: dict[str, list[Took]] = {name: [] for name in commands}
    peaks: dict[str, int] = dict.fromkeys(commands, 0)
    for _ in range(starts):
        running = {}
        for name, command in commands.items():
            running[name] = LineProcess(command)
            first[name].append(running[name].first_answer())
        for _ in range(calls):
            for name, stack in running.items():
                warm[name].append(stack.answer())
        for name, stack in running.items():
            peaks[name] = max(peaks[name], stack.peak_bytes())
            stack.stop()
    return {
        name: f"{_median(first[name])} | {_median(warm[name])} | {peaks[name] / 1e6:.0f}"
        for name in commands
    }


def _median(times: list[Took]) -> str:
    clock, processor = (statistics.median(column) for column in zip(*times, strict=True))
    return f"{clock:.2f} | {processor:.2f}"


if __name__ == "__main__":
    main(sys.argv[1:])
