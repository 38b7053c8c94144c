"""One caller cannot lock out the others: a flood from one source, noticed from another.

``FLOOD_SECONDS=30 pytest -s tests/integration/test_flood.py`` prints figures.
"""

import asyncio
import os

import pytest

from tests.support.flood import flood
from tests.support.running_service import Service, new_member

SECONDS = float(os.environ.get("FLOOD_SECONDS", "10"))


@pytest.mark.slow
def test_a_second_source_works_while_the_first_one_floods(service: Service) -> None:
    attacker, victim = new_member(service), new_member(service)
    found = asyncio.run(flood(service.url, attacker, victim, SECONDS))
    print(f"\n{found.table()}")
    assert {kind: noticed.success for kind, noticed in found.victim.items()} == dict.fromkeys(
        found.victim, 1.0
    )
    for kind in ("predict", "login"):
        assert 429 in found.attacker[kind].statuses, kind
