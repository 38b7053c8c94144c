"""Open every file of tests/support/bombs.py; its answer, its seconds and the peak so far in MB.

PYTHONPATH=. .venv/bin/python tools/try_bombs.py [NAME...]
"""

import resource
import sys
import time

from heartsense.errors import ImageError
from heartsense.images import open_page
from tests.support.bombs import BOMBS


def main(names: list[str]) -> None:
    """Print a line a file; the peak is that of the decoders that have ended."""
    for name in names or BOMBS:
        data = BOMBS[name]()
        started = time.monotonic()
        try:
            open_page(data)
            answer = "read"
        except ImageError as refusal:
            answer = refusal.code
        seconds = time.monotonic() - started
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
        print(f"{name:<24}{len(data):>10} {answer:<18}{seconds:6.2f} s {peak:6.0f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
