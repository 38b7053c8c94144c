"""CPU time that the built functions take to start, and which libraries take it.

    make build .tools/runtime/installed
    .venv/bin/python tools/import_times.py --against OTHER/.aws-sam/build

Each handler is imported in processes of its own, by Lambda's Python with nothing on the path but
the build, by both builds in turn: on a busy machine the ratio says more than the milliseconds.
These are CPU time with Python's own start, the least of all turns; what the libraries take is from
one run of `python -X importtime`.
"""

import argparse
import os
import re
import subprocess
from collections import Counter
from pathlib import Path

from devstack.artifacts import BUILT, Artifacts
from devstack.runtime import python, search_path
from devstack.servers import EMULATOR_ENVIRONMENT

DEAREST = 4


def main() -> None:
    """Print a row for each function."""
    parser = argparse.ArgumentParser(description="CPU time that the built functions take to start.")
    parser.add_argument("--against", type=Path, help=".aws-sam/build of another version")
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    builds = [Artifacts(folder) for folder in (options.against, BUILT) if folder]
    before = "before, ms | modules | " if options.against else ""
    print(f"| function | {before}ms | modules | of these, ms |")
    print("|---" * (6 if before else 4) + "|")
    for name in builds[-1].functions:
        runs = [[_run(build, name) for build in builds] for _ in range(options.turns)]
        columns = list(zip(*runs, strict=True))
        cells = [f"{min(run[0] for run in column)} | {column[0][1]}" for column in columns]
        print(f"| {name} | {' | '.join(cells)} | {_dearest(builds[-1], name)} |", flush=True)


def _run(build: Artifacts, name: str) -> tuple[int, int]:
    """Milliseconds of CPU time, and the number of modules that are then loaded."""
    code = f"import {_module(build, name)}, sys, time; print(time.process_time(), len(sys.modules))"
    seconds, modules = _python(build, name, "-c", code).stdout.split()
    return round(1000 * float(seconds)), int(modules)


def _dearest(build: Artifacts, name: str) -> str:
    """The libraries that take most, by top-level package."""
    done = _python(build, name, "-X", "importtime", "-c", f"import {_module(build, name)}")
    spent: Counter[str] = Counter()
    for line in done.stderr.splitlines():
        if found := re.match(r"import time: +(\d+) \| +\d+ \| +(\w+)", line):
            spent[found[2]] += int(found[1])
    return ", ".join(f"{name} {time / 1000:.0f}" for name, time in spent.most_common(DEAREST))


def _module(build: Artifacts, name: str) -> str:
    return build.functions[name].handler.rpartition(".")[0]


def _python(build: Artifacts, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(python()), "-S", *arguments],
        env={
            "PATH": os.environ["PATH"],
            **EMULATOR_ENVIRONMENT,
            **build.functions[name].environment,
            "LAMBDA_TASK_ROOT": "/var/task",  # X-Ray's library makes no client there
            "PYTHONPATH": search_path(build, name),
        },
        capture_output=True,
        text=True,
        check=True,
    )


if __name__ == "__main__":
    main()
