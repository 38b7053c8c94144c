"""Workers are killed while people work: nothing is lost, and no report is sent twice.

`tools/kill_workers.py` does it as often as one wants.
"""

from pathlib import Path

import pytest

from tests.support.running_service import serve
from tests.support.worker_kills import kill_workers


@pytest.mark.slow
def test_killed_workers_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    with serve(tmp_path, firewall=False) as service:
        outcome = kill_workers(service, 10, pause=3)
    print(outcome)
    assert outcome.kills.total() == 10
    assert outcome.accepted.uploads
    assert (outcome.lost, outcome.double) == ([], [])
