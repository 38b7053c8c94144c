"""Kill workers of the real functions at random moments of a mixed load; then look for harm.

    PYTHONPATH=. .venv/bin/python tools/kill_workers.py --kills 200

People register, rename themselves, upload, wait for results and ask for reports, against a
development stack of its own (tests/support/worker_kills.py). Nothing that was accepted may be lost,
and no report may be sent twice. The exit status is 1 if something was.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.support.running_service import serve
from tests.support.worker_kills import kill_workers


def main(arguments: list[str]) -> int:
    """Print what was killed, accepted, lost and double."""
    parser = argparse.ArgumentParser(description="Kill workers while people use the service.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--pause", type=float, default=3.0, help="seconds between two, on average")
    parser.add_argument("--people", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder), firewall=False) as service:
        outcome = kill_workers(
            service, options.kills, pause=options.pause, people=options.people, seed=options.seed
        )
    print(outcome)
    return int(bool(outcome.lost or outcome.double))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
