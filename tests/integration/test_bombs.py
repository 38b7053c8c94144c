"""Bombs are refused by name at the real /predict, and nobody else notices them.

`tools/try_bombs.py --served` sends all of them and prints figures.
"""

import asyncio

import pytest

from tests.support.bombing import bomb, failed
from tests.support.running_service import Service

# One of each way that bombs go: time, memory, size, depth, and what is no image at all.
NAMES = (
    "pdf-forms-14x10",
    "pdf-deflated-2-times",
    "jpeg-2000-scans",
    "png-zTXt",
    "tiff-2147483648",
    "heic-30000",
    "zip-in-zip",
)
MAX_SECONDS, MAX_MEGABYTES = 10, 700


@pytest.mark.slow
def test_bombs_are_refused_while_somebody_else_works(service: Service) -> None:
    found = asyncio.run(bomb(service, NAMES))
    print(f"\n{found.table()}")
    assert list(found.answers) == list(NAMES)
    for name, answer in found.answers.items():
        assert answer.status in (413, 415, 422), (name, answer)
        assert answer.code, (name, answer)
        assert answer.seconds < MAX_SECONDS, (name, answer)
        assert 0 < answer.peak_mb["predict"] < MAX_MEGABYTES, (name, answer)
        assert answer.peak_mb.get("decoder", 0) < MAX_MEGABYTES, (name, answer)
    # How fast the others are depends on the machine: see the table.
    for kind, noticed in found.others.items():
        assert len(noticed.statuses) >= len(NAMES) / 2, kind
        assert failed(noticed) == 0, kind
