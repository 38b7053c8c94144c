"""What every outbox holds to: the one in memory, and the one in MongoDB."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.database import Database

from heartsense.service.reports import (
    MongoOutbox,
    Outbox,
    Report,
    ReportRequest,
    Status,
    create_indexes,
)
from tests.support.memory_outbox import MemoryOutbox

NOW = datetime(2100, 3, 4, 5, 6, 7, 890000, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
REQUEST = ReportRequest("a1", "p1", "Ada@example.org", "ada@example.org")


@pytest.fixture(params=["memory", "mongodb"])
def outbox(request: pytest.FixtureRequest) -> Outbox:
    if request.param == "memory":
        return MemoryOutbox()
    database: Database[dict[str, Any]] = request.getfixturevalue("mongodb")
    create_indexes(database)
    return MongoOutbox(database)


def pending(outbox: Outbox) -> Report:
    return outbox.add(REQUEST, 0, NOW)


def sending(outbox: Outbox) -> Report:
    report = pending(outbox)
    assert outbox.claim(report.id, "t1", NOW, NOW + MINUTE)
    assert outbox.mark_sending(report.id, "t1", NOW)
    return report


def status(outbox: Outbox, report: Report) -> Status:
    found = outbox.get(report.id)
    assert found is not None
    return found.status


def test_a_report_is_stored_as_requested(outbox: Outbox) -> None:
    report = pending(outbox)
    assert report == Report(report.id, REQUEST, 0, Status.PENDING, NOW)
    assert outbox.get(report.id) == report
    assert outbox.get("another") is None


def test_the_age_of_the_oldest_pending_report_is_known(outbox: Outbox) -> None:
    assert outbox.oldest_pending_since() is None
    sending(outbox)
    assert outbox.oldest_pending_since() is None
    for revision, minutes in enumerate((2, 1, 3), start=1):
        outbox.add(REQUEST, revision, NOW + minutes * MINUTE)
    assert outbox.oldest_pending_since() == NOW + MINUTE


def test_the_same_revision_of_the_same_request_is_the_same_report(outbox: Outbox) -> None:
    report = pending(outbox)
    assert outbox.add(REQUEST, 0, NOW + MINUTE) == report
    assert outbox.latest(REQUEST) == report
    again = outbox.add(REQUEST, 1, NOW + MINUTE)
    assert again.id != report.id
    assert outbox.latest(REQUEST) == again
    assert outbox.latest(ReportRequest("a1", "p2", REQUEST.to, REQUEST.to_key)) is None
    # Another spelling of the same mailbox.
    assert outbox.latest(ReportRequest("a1", "p1", REQUEST.to_key, REQUEST.to_key)) == again


def test_an_owners_reports_come_newest_first(outbox: Outbox) -> None:
    first = pending(outbox)
    second = outbox.add(ReportRequest("a1", "p2", REQUEST.to, REQUEST.to_key), 0, NOW + MINUTE)
    outbox.add(ReportRequest("b2", "p3", REQUEST.to, REQUEST.to_key), 0, NOW)
    assert outbox.list_by_owner("a1") == [second, first]
    assert outbox.list_by_owner("a1", "p1") == [first]


def test_one_of_two_senders_claims_a_report_until_the_claim_expires(outbox: Outbox) -> None:
    report = pending(outbox)
    held = outbox.claim(report.id, "t1", NOW, NOW + MINUTE)
    assert held is not None
    assert held.attempts == 1
    assert outbox.claim(report.id, "t2", NOW, NOW + MINUTE) is None
    assert outbox.list_due(NOW, 10) == []
    later = NOW + MINUTE
    assert outbox.list_due(later, 10) == [report.id]
    assert outbox.claim(report.id, "t2", later, later + MINUTE)
    assert not outbox.mark_sending(report.id, "t1", later)
    assert outbox.mark_sending(report.id, "t2", later)
    assert not outbox.mark_sending(report.id, "t2", later)


def test_the_oldest_pending_report_is_due_first(outbox: Outbox) -> None:
    late, early = (
        outbox.add(ReportRequest("a1", name, REQUEST.to, REQUEST.to_key), 0, NOW + delay)
        for name, delay in (("p1", MINUTE), ("p2", 0 * MINUTE))
    )
    assert outbox.list_due(NOW + MINUTE, 10) == [early.id, late.id]
    assert outbox.list_due(NOW + MINUTE, 1) == [early.id]
    assert outbox.list_due(NOW, 10) == [early.id]


def test_an_email_that_ses_accepted_is_sent(outbox: Outbox) -> None:
    report = sending(outbox)
    outbox.mark_sent(report.id, "t1", "ses-1", NOW)
    found = outbox.get(report.id)
    assert found is not None
    assert (found.status, found.ses_id, found.sent_at) == (Status.SENT, "ses-1", NOW)
    assert outbox.find_by_ses_id("ses-1") == found
    assert outbox.find_by_ses_id("ses-2") is None


def test_an_email_that_ses_throttles_stays_pending(outbox: Outbox) -> None:
    report = sending(outbox)
    outbox.release(report.id, "t1", NOW + MINUTE)
    assert status(outbox, report) is Status.PENDING
    assert outbox.claim(report.id, "t2", NOW, NOW + MINUTE) is None
    assert outbox.claim(report.id, "t2", NOW + MINUTE, NOW + 2 * MINUTE)


def test_a_send_that_never_returned_is_unconfirmed_and_not_due(outbox: Outbox) -> None:
    report = sending(outbox)
    assert outbox.mark_stalled_unconfirmed(NOW) == 0
    assert outbox.mark_stalled_unconfirmed(NOW + MINUTE) == 1
    assert outbox.mark_stalled_unconfirmed(NOW + MINUTE) == 0
    assert status(outbox, report) is Status.UNCONFIRMED
    assert outbox.list_due(NOW + 99 * MINUTE, 10) == []
    assert outbox.claim(report.id, "t2", NOW + 99 * MINUTE, NOW + 100 * MINUTE) is None


@pytest.mark.parametrize("by_event", [True, False])
def test_a_late_response_confirms_an_unconfirmed_report(outbox: Outbox, by_event: bool) -> None:
    report = sending(outbox)
    outbox.mark_unconfirmed(report.id, "t1")
    assert status(outbox, report) is Status.UNCONFIRMED
    if by_event:
        outbox.confirm_sent(report.id, "ses-1", NOW)
    else:
        outbox.mark_sent(report.id, "t1", "ses-1", NOW)
    assert status(outbox, report) is Status.SENT


CHANGES: dict[str, Callable[[Outbox, str], object]] = {
    "mark_sending": lambda outbox, id: outbox.mark_sending(id, "t1", NOW),
    "mark_sent": lambda outbox, id: outbox.mark_sent(id, "t1", "ses-1", NOW),
    "release": lambda outbox, id: outbox.release(id, "t1", NOW),
    "mark_failed": lambda outbox, id: outbox.mark_failed(id, "t1", "refused"),
    "mark_unconfirmed": lambda outbox, id: outbox.mark_unconfirmed(id, "t1"),
    "confirm_sent": lambda outbox, id: outbox.confirm_sent(id, "ses-1", NOW),
    "mark_stalled_unconfirmed": lambda outbox, id: outbox.mark_stalled_unconfirmed(NOW + MINUTE),
    "claim": lambda outbox, id: outbox.claim(id, "t1", NOW + 9 * MINUTE, NOW + 10 * MINUTE),
}
ALLOWED = {
    ("pending", "mark_sending"): Status.SENDING,
    ("pending", "mark_failed"): Status.FAILED,
    ("sending", "mark_sent"): Status.SENT,
    ("sending", "confirm_sent"): Status.SENT,
    ("sending", "release"): Status.PENDING,
    ("sending", "mark_failed"): Status.FAILED,
    ("sending", "mark_unconfirmed"): Status.UNCONFIRMED,
    ("sending", "mark_stalled_unconfirmed"): Status.UNCONFIRMED,
    ("unconfirmed", "mark_sent"): Status.SENT,
    ("unconfirmed", "mark_failed"): Status.FAILED,
    ("unconfirmed", "confirm_sent"): Status.SENT,
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("start", list(Status))
def test_only_these_changes_are_made(outbox: Outbox, start: Status, change: str) -> None:
    report = pending(outbox)
    assert outbox.claim(report.id, "t1", NOW, NOW + MINUTE)
    if start is Status.SENDING:
        outbox.mark_sending(report.id, "t1", NOW)
    elif start is not Status.PENDING:
        outbox.record_failure(report.id, start, "")
    CHANGES[change](outbox, report.id)
    assert status(outbox, report) is ALLOWED.get((start, change), start)


@pytest.mark.parametrize(
    "change", ["mark_sending", "mark_sent", "release", "mark_failed", "mark_unconfirmed"]
)
def test_a_sender_whose_claim_expired_changes_nothing(outbox: Outbox, change: str) -> None:
    report = pending(outbox)
    assert outbox.claim(report.id, "t1", NOW, NOW + MINUTE)
    assert outbox.claim(report.id, "t2", NOW + MINUTE, NOW + 2 * MINUTE)
    CHANGES[change](outbox, report.id)
    assert status(outbox, report) is Status.PENDING
    assert outbox.mark_sending(report.id, "t2", NOW + MINUTE)
    CHANGES[change](outbox, report.id)
    assert status(outbox, report) is Status.SENDING


def test_a_complaint_is_final(outbox: Outbox) -> None:
    report = sending(outbox)
    outbox.mark_sent(report.id, "t1", "ses-1", NOW)
    for word in (Status.BOUNCED, Status.COMPLAINED, Status.BOUNCED):
        outbox.record_failure(report.id, word, str(word))
    found = outbox.get(report.id)
    assert found is not None
    assert (found.status, found.reason) == (Status.COMPLAINED, "complained")


def test_deleted_reports_no_longer_exist(outbox: Outbox) -> None:
    mine, other = (
        pending(outbox),
        outbox.add(ReportRequest("b2", "p1", "b@example.org", "b"), 0, NOW),
    )
    outbox.delete_by_owner("a1")
    assert outbox.get(mine.id) is None
    assert outbox.get(other.id) == other
    outbox.delete_by_prediction("p1")
    assert outbox.get(other.id) is None


def test_parallel_requests_make_one_report_and_one_claim(mongodb: Database[dict[str, Any]]) -> None:
    create_indexes(mongodb)
    outbox = MongoOutbox(mongodb)

    def ask(number: int) -> tuple[str, bool]:
        report = outbox.add(REQUEST, 0, NOW)
        held = outbox.claim(report.id, f"t{number}", NOW, NOW + MINUTE)
        return report.id, held is not None

    with ThreadPoolExecutor(16) as threads:
        asked = [*threads.map(ask, range(50))]
    assert len({report_id for report_id, _ in asked}) == 1
    assert sum(held for _, held in asked) == 1
