"""What a flood from one source does to another one, with and without the limits of each source.

    PYTHONPATH=. .venv/bin/python tools/flood.py --seconds 60

Twenty requests a second each to /predict, /login and uploads against a development stack of its
own, while a second source signs in, classifies, lists results and uploads (tests/support/flood.py).
First without the limiter, then with it.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

from tests.support.flood import flood
from tests.support.running_service import new_member, serve


def main(arguments: list[str]) -> None:
    """Print a table for each of the two."""
    parser = argparse.ArgumentParser(description="One source floods while another works.")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=20, help="requests a second to each route")
    options = parser.parse_args(arguments)
    for firewall in (False, True):
        print(f"\nlimiter {'on' if firewall else 'off'}, load {os.getloadavg()[0]:.1f}", flush=True)
        with (
            tempfile.TemporaryDirectory() as folder,
            serve(Path(folder), firewall=firewall) as stack,
        ):
            attacker, victim = new_member(stack), new_member(stack)
            found = asyncio.run(flood(stack.url, attacker, victim, options.seconds, options.rate))
            print(found.table(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
