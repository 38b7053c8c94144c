"""Addresses that no report goes to any more."""

from datetime import UTC, datetime
from typing import Any

from pymongo.database import Database

from heartsense.service.email.address import read_address
from heartsense.service.reports import Suppressions

NOW = datetime.now(UTC)

Document = dict[str, Any]


def test_a_suppression_stores_no_address_and_matches_all_its_spellings(
    mongodb: Database[Document],
) -> None:
    suppressions = Suppressions(mongodb)
    ada = read_address("Ada@Example.org")
    assert not suppressions.contains(ada)
    suppressions.add_bounce(ada, NOW)
    assert Suppressions(mongodb).contains(read_address("ada@example.org"))
    assert not suppressions.contains(read_address("eve@example.org"))
    assert "ada" not in repr([*mongodb["suppressions"].find()]).lower()


def test_a_bounce_is_forgotten_in_time_and_a_complaint_never(mongodb: Database[Document]) -> None:
    suppressions = Suppressions(mongodb)
    ada, eve = read_address("ada@example.org"), read_address("eve@example.org")
    suppressions.add_bounce(ada, NOW)
    for _ in range(2):
        suppressions.add_complaint(eve)
        suppressions.add_bounce(eve, NOW)
    expiries = [entry.get("expires_at") for entry in mongodb["suppressions"].find()]
    assert sum(expiry is not None for expiry in expiries) == 1
    assert suppressions.contains(ada)
    assert suppressions.contains(eve)
