"""Audit records that were changed or removed in the database are noticed."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.database import Database

from heartsense.service.audit import RETENTION, Action, Actor, AuditLog, create_indexes
from tests.integration.test_cli_admin import Operator

Documents = Database[dict[str, Any]]

DOCTOR = Actor("d1", "doctor")
NOW = datetime.now(UTC)


class Clock:
    """A time that tests set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def records(mongodb: Documents) -> Documents:
    """Twelve records, one of them of ten patients at once."""
    create_indexes(mongodb)
    log = AuditLog(mongodb)
    log.add(DOCTOR, Action.RESULT_READ, [("a", "p1")], "r1")
    log.add(DOCTOR, Action.RESULT_LISTED, [(f"o{n}", f"p{n}") for n in range(10)], "r2")
    log.add(DOCTOR, Action.REVIEWED, [("a", "p1")], "r3")
    return mongodb


def test_records_that_nobody_touched_are_in_order(records: Documents) -> None:
    found = AuditLog(records).verify()
    assert (found.records, found.head.number, found.faults) == (12, 12, [])


@pytest.mark.parametrize(
    ("tamper", "fault"),
    [
        (lambda audit: audit.update_one({"number": 5}, {"$set": {"actor": "x"}}), "Record 5 ("),
        (
            lambda audit: audit.update_one({"number": 5}, {"$set": {"expires_at": NOW}}),
            "Record 5 (",
        ),
        (lambda audit: audit.update_one({"number": 5}, {"$unset": {"subject": 1}}), "Record 5 ("),
        (lambda audit: audit.delete_one({"number": 5}), "Record 5 was removed."),
        (lambda audit: audit.delete_many({"number": {"$lte": 3}}), "Records 1 to 3 were removed."),
        (lambda audit: audit.update_one({"number": 12}, {"$inc": {"number": 1}}), "Record 13 ("),
    ],
)
def test_what_was_changed_or_removed_is_named(
    records: Documents, tamper: Callable[[Any], object], fault: str
) -> None:
    tamper(records["audit"])
    faults = AuditLog(records).verify().faults
    assert any(found.startswith(fault) for found in faults), faults


def test_a_digest_kept_elsewhere_shows_that_the_newest_were_removed(records: Documents) -> None:
    log = AuditLog(records)
    known = log.verify().head.digest
    assert log.verify(known).faults == []
    records["audit"].delete_one({"number": 12})
    assert log.verify().faults == []  # what it cannot show without one
    assert log.verify(known).faults == [f"No record has the digest {known}."]


def test_records_that_the_database_deleted_in_their_time_are_not_missed(mongodb: Documents) -> None:
    create_indexes(mongodb)
    clock = Clock()
    log = AuditLog(mongodb, clock)
    for days in range(4):
        clock.now = NOW + timedelta(days=days)
        log.add(DOCTOR, Action.RESULT_READ, [("a", "p1")], "r")
    mongodb["audit"].delete_many({"number": {"$lte": 2}})
    clock.now = NOW + RETENTION + timedelta(hours=1)  # the first has expired, the second has not
    assert log.verify().faults == ["Records 1 to 2 were removed."]
    clock.now = NOW + RETENTION + timedelta(days=1, hours=1)
    assert log.verify().faults == []


def test_records_of_several_functions_at_once_form_one_chain(records: Documents) -> None:
    def work(name: str) -> None:
        for number in range(10):
            owned = [(name, str(number)), (name, "second"), (name, "third")]
            AuditLog(records).add(Actor(name, "doctor"), Action.RESULT_LISTED, owned, "r")

    threads = [threading.Thread(target=work, args=(f"d{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = AuditLog(records).verify()
    assert (found.records, found.head.number, found.faults) == (132, 132, [])


def test_the_operator_is_told(records: Documents, mongodb_uri: str) -> None:
    operator = Operator(MONGODB_URI=mongodb_uri, MONGODB_DATABASE=records.name)
    records["audit"].insert_one({"_id": "old", "schema": 1, "at": NOW})
    assert operator.run("audit", "--verify") == 0, operator.output
    assert operator.output.startswith("12 linked records, 1 from before there were links.")
    option, known = operator.output.split()[-2:]
    assert operator.run("audit", "--verify", option, known) == 0, operator.output
    records["audit"].delete_one({"number": 2})
    assert operator.run("audit", "--verify") == 1
    assert "Record 2 was removed." in operator.output
    assert "--known" not in operator.output
