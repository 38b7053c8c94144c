"""Addresses that no report goes to any more."""

from datetime import UTC, datetime
from typing import Any

from pymongo.database import Database

from heartsense.service.email.address import read_address
from heartsense.service.reports import Suppressions

NOW = datetime.now(UTC)

Document = dict[str, Any]


def test_a_suppression_names_nobody_and_knows_all_spellings(mongodb: Database[Document]) -> None:
    stops = Suppressions(mongodb)
    ada = read_address("Ada@Example.org")
    assert not stops.stops(ada)
    stops.bounced(ada, NOW)
    assert Suppressions(mongodb).stops(read_address("ada@example.org"))
    assert not stops.stops(read_address("eve@example.org"))
    assert "ada" not in repr([*mongodb["suppressions"].find()]).lower()


def test_a_bounce_is_forgotten_in_time_and_a_complaint_never(mongodb: Database[Document]) -> None:
    stops = Suppressions(mongodb)
    ada, eve = read_address("ada@example.org"), read_address("eve@example.org")
    stops.bounced(ada, NOW)
    for _ in range(2):
        stops.complained(eve)
        stops.bounced(eve, NOW)
    expiries = [entry.get("expires_at") for entry in mongodb["suppressions"].find()]
    assert sum(expiry is not None for expiry in expiries) == 1
    assert stops.stops(ada)
    assert stops.stops(eve)
