"""Time and peak memory of digitizing pictures, beside those of another version of the package.

    git worktree add /tmp/before v0.1.0
    .venv/bin/python tools/time_reading.py samples/normal.png photo.jpg --against /tmp/before/src

Each picture is read in processes of its own, on one core, by both versions in turn: on a busy
machine the ratio says more than the seconds. Seconds are CPU time, the least of all turns, without
loading the package; memory is the process's peak, with everything.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parents[1] / "src"
CHILD = """
import resource, sys, time
from pathlib import Path
import heartsense
data = Path(sys.argv[1]).read_bytes()
heartsense.digitize(sys.argv[2])  # loads what is loaded once
before = time.process_time()
try:
    answer = heartsense.digitize(data).layout
except heartsense.HeartSenseError as error:
    answer = error.code
seconds = time.process_time() - before
print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, answer)
"""


class Reading(NamedTuple):
    """CPU seconds, peak memory in bytes, and the layout or error code."""

    seconds: float
    peak: int
    answer: str


def main(arguments: list[str]) -> None:
    """Print a row for each picture."""
    parser = argparse.ArgumentParser(description="Time and peak memory of digitizing pictures.")
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--against", type=Path, help="src folder of the other version")
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args(arguments)
    versions = [HERE, *([options.against] if options.against else [])]
    print(
        "| picture | answer | CPU s | peak MB |"
        + " before: CPU s | peak MB | ratio |" * len(versions[1:])
    )
    print("|---" * (4 + 3 * len(versions[1:])) + "|")
    for picture in options.pictures:
        turns = [[read(picture, version) for version in versions] for _ in range(options.turns)]
        now, *before = (least(column) for column in zip(*turns, strict=True))
        cells = [picture.name, now.answer, f"{now.seconds:.2f}", f"{now.peak / 1e6:.0f}"]
        for other in before:
            cells += [f"{other.seconds:.2f}", f"{other.peak / 1e6:.0f}"]
            cells.append(f"{now.seconds / other.seconds:.2f}")
        print("| " + " | ".join(cells) + " |", flush=True)


def read(picture: Path, version: Path) -> Reading:
    """Read a picture in a new process."""
    environment = {**os.environ, "PYTHONPATH": str(version), "OMP_NUM_THREADS": "1"}
    small = HERE.parent / "samples" / "atrial-flutter-strip.jpg"
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(picture), str(small)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        preexec_fn=_on_one_core,
    )
    seconds, peak, answer = done.stdout.split()
    return Reading(float(seconds), int(peak), answer)


def _on_one_core() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def least(readings: tuple[Reading, ...]) -> Reading:
    """The fastest of the readings, with the least peak."""
    return min(readings)._replace(peak=min(reading.peak for reading in readings))


if __name__ == "__main__":
    main(sys.argv[1:])
