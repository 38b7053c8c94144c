"""Open every file of tests/support/bombs.py; its answer, its seconds and the peak so far in MB.

    PYTHONPATH=. .venv/bin/python tools/try_bombs.py [NAME...]

With `--served`, each goes to /predict of a development stack instead, while another user lists
predictions and asks for uploads; the last lines say what that user noticed.
"""

import argparse
import asyncio
import resource
import sys
import tempfile
import time
from pathlib import Path

from heartsense.errors import ImageError
from heartsense.images import open_page
from tests.support.bombing import bomb
from tests.support.bombs import BOMBS
from tests.support.running_service import serve


def main(arguments: list[str]) -> None:
    """Try the bombs of these names, by default all."""
    parser = argparse.ArgumentParser(description="Open hostile files.")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--served", action="store_true", help="send them to a development stack")
    options = parser.parse_args(arguments)
    names = options.names or list(BOMBS)
    if options.served:
        with (
            tempfile.TemporaryDirectory() as folder,
            serve(Path(folder), firewall=False) as running,
        ):
            print(asyncio.run(bomb(running, names)).table())
    else:
        for name in names:
            print(opened(name), flush=True)


def opened(name: str) -> str:
    """A line on one file; the peak is that of the decoders that have ended."""
    data = BOMBS[name]()
    started = time.monotonic()
    try:
        open_page(data)
        answer = "read"
    except ImageError as refusal:
        answer = refusal.code
    seconds = time.monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    return f"{name:<24}{len(data):>10} {answer:<18}{seconds:6.2f} s {peak:6.0f}"


if __name__ == "__main__":
    main(sys.argv[1:])
