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
DRAFT = ReportRequest("a1", "p1", "Ada@example.org", "ada@example.org")


@pytest.fixture(params=["memory", "mongodb"])
def outbox(request: pytest.FixtureRequest) -> Outbox:
    if request.param == "memory":
        return MemoryOutbox()
    database: Database[dict[str, Any]] = request.getfixturevalue("mongodb")
    create_indexes(database)
    return MongoOutbox(database)


def pending(outbox: Outbox) -> Report:
    return outbox.add(DRAFT, 0, NOW)


def sending(outbox: Outbox) -> Report:
    report = pending(outbox)
    assert outbox.claim(report.id, "t1", NOW, NOW + MINUTE)
    assert outbox.begin(report.id, "t1", NOW)
    return report


def status(outbox: Outbox, report: Report) -> Status:
    found = outbox.get(report.id)
    assert found is not None
    return found.status


def test_a_report_is_kept_as_it_was_asked_for(outbox: Outbox) -> None:
    report = pending(outbox)
    assert report == Report(report.id, DRAFT, 0, Status.PENDING, NOW)
    assert outbox.get(report.id) == report
    assert outbox.get("another") is None


def test_the_oldest_that_is_pending_is_known(outbox: Outbox) -> None:
    assert outbox.pending_since() is None
    sending(outbox)
    assert outbox.pending_since() is None
    for turn, minutes in enumerate((2, 1, 3), start=1):
        outbox.add(DRAFT, turn, NOW + minutes * MINUTE)
    assert outbox.pending_since() == NOW + MINUTE


def test_the_same_turn_of_the_same_draft_is_the_same_report(outbox: Outbox) -> None:
    report = pending(outbox)
    assert outbox.add(DRAFT, 0, NOW + MINUTE) == report
    assert outbox.last(DRAFT) == report
    again = outbox.add(DRAFT, 1, NOW + MINUTE)
    assert again.id != report.id
    assert outbox.last(DRAFT) == again
    assert outbox.last(ReportRequest("a1", "p2", DRAFT.to, DRAFT.to_key)) is None
    # Another spelling of the same mailbox.
    assert outbox.last(ReportRequest("a1", "p1", DRAFT.to_key, DRAFT.to_key)) == again


def test_an_owners_reports_come_newest_first(outbox: Outbox) -> None:
    first = pending(outbox)
    second = outbox.add(ReportRequest("a1", "p2", DRAFT.to, DRAFT.to_key), 0, NOW + MINUTE)
    outbox.add(ReportRequest("b2", "p3", DRAFT.to, DRAFT.to_key), 0, NOW)
    assert outbox.of_owner("a1") == [second, first]
    assert outbox.of_owner("a1", "p1") == [first]


def test_one_of_two_holds_a_report_and_only_for_a_time(outbox: Outbox) -> None:
    report = pending(outbox)
    held = outbox.claim(report.id, "t1", NOW, NOW + MINUTE)
    assert held is not None
    assert held.attempts == 1
    assert outbox.claim(report.id, "t2", NOW, NOW + MINUTE) is None
    assert outbox.due(NOW, 10) == []
    later = NOW + MINUTE
    assert outbox.due(later, 10) == [report.id]
    assert outbox.claim(report.id, "t2", later, later + MINUTE)
    assert not outbox.begin(report.id, "t1", later)
    assert outbox.begin(report.id, "t2", later)
    assert not outbox.begin(report.id, "t2", later)


def test_what_waits_longest_is_due_first(outbox: Outbox) -> None:
    late, early = (
        outbox.add(ReportRequest("a1", name, DRAFT.to, DRAFT.to_key), 0, NOW + delay)
        for name, delay in (("p1", MINUTE), ("p2", 0 * MINUTE))
    )
    assert outbox.due(NOW + MINUTE, 10) == [early.id, late.id]
    assert outbox.due(NOW + MINUTE, 1) == [early.id]
    assert outbox.due(NOW, 10) == [early.id]


def test_a_mail_that_ses_took_is_sent(outbox: Outbox) -> None:
    report = sending(outbox)
    outbox.finish(report.id, "t1", "ses-1", NOW)
    found = outbox.get(report.id)
    assert found is not None
    assert (found.status, found.ses_id, found.sent_at) == (Status.SENT, "ses-1", NOW)
    assert outbox.by_ses_id("ses-1") == found
    assert outbox.by_ses_id("ses-2") is None


def test_a_mail_that_ses_does_not_take_now_waits(outbox: Outbox) -> None:
    report = sending(outbox)
    outbox.release(report.id, "t1", NOW + MINUTE)
    assert status(outbox, report) is Status.PENDING
    assert outbox.claim(report.id, "t2", NOW, NOW + MINUTE) is None
    assert outbox.claim(report.id, "t2", NOW + MINUTE, NOW + 2 * MINUTE)


def test_a_call_that_never_ended_is_unconfirmed_and_not_due(outbox: Outbox) -> None:
    report = sending(outbox)
    assert outbox.lose_older(NOW) == 0
    assert outbox.lose_older(NOW + MINUTE) == 1
    assert outbox.lose_older(NOW + MINUTE) == 0
    assert status(outbox, report) is Status.UNCONFIRMED
    assert outbox.due(NOW + 99 * MINUTE, 10) == []
    assert outbox.claim(report.id, "t2", NOW + 99 * MINUTE, NOW + 100 * MINUTE) is None


@pytest.mark.parametrize("by_event", [True, False])
def test_a_late_answer_confirms_after_all(outbox: Outbox, by_event: bool) -> None:
    report = sending(outbox)
    outbox.lose(report.id, "t1")
    assert status(outbox, report) is Status.UNCONFIRMED
    if by_event:
        outbox.confirm(report.id, "ses-1", NOW)
    else:
        outbox.finish(report.id, "t1", "ses-1", NOW)
    assert status(outbox, report) is Status.SENT


CHANGES: dict[str, Callable[[Outbox, str], object]] = {
    "begin": lambda outbox, id: outbox.begin(id, "t1", NOW),
    "finish": lambda outbox, id: outbox.finish(id, "t1", "ses-1", NOW),
    "release": lambda outbox, id: outbox.release(id, "t1", NOW),
    "fail": lambda outbox, id: outbox.fail(id, "t1", "refused"),
    "lose": lambda outbox, id: outbox.lose(id, "t1"),
    "confirm": lambda outbox, id: outbox.confirm(id, "ses-1", NOW),
    "lose_older": lambda outbox, id: outbox.lose_older(NOW + MINUTE),
    "claim": lambda outbox, id: outbox.claim(id, "t1", NOW + 9 * MINUTE, NOW + 10 * MINUTE),
}
ALLOWED = {
    ("pending", "begin"): Status.SENDING,
    ("pending", "fail"): Status.FAILED,
    ("sending", "finish"): Status.SENT,
    ("sending", "confirm"): Status.SENT,
    ("sending", "release"): Status.PENDING,
    ("sending", "fail"): Status.FAILED,
    ("sending", "lose"): Status.UNCONFIRMED,
    ("sending", "lose_older"): Status.UNCONFIRMED,
    ("unconfirmed", "finish"): Status.SENT,
    ("unconfirmed", "fail"): Status.FAILED,
    ("unconfirmed", "confirm"): Status.SENT,
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("start", list(Status))
def test_only_these_changes_are_made(outbox: Outbox, start: Status, change: str) -> None:
    report = pending(outbox)
    assert outbox.claim(report.id, "t1", NOW, NOW + MINUTE)
    if start is Status.SENDING:
        outbox.begin(report.id, "t1", NOW)
    elif start is not Status.PENDING:
        outbox.settle(report.id, start, "")
    CHANGES[change](outbox, report.id)
    assert status(outbox, report) is ALLOWED.get((start, change), start)


@pytest.mark.parametrize("change", ["begin", "finish", "release", "fail", "lose"])
def test_who_was_overtaken_changes_nothing(outbox: Outbox, change: str) -> None:
    report = pending(outbox)
    assert outbox.claim(report.id, "t1", NOW, NOW + MINUTE)
    assert outbox.claim(report.id, "t2", NOW + MINUTE, NOW + 2 * MINUTE)
    CHANGES[change](outbox, report.id)
    assert status(outbox, report) is Status.PENDING
    assert outbox.begin(report.id, "t2", NOW + MINUTE)
    CHANGES[change](outbox, report.id)
    assert status(outbox, report) is Status.SENDING


def test_a_complaint_is_the_last_word(outbox: Outbox) -> None:
    report = sending(outbox)
    outbox.finish(report.id, "t1", "ses-1", NOW)
    for word in (Status.BOUNCED, Status.COMPLAINED, Status.BOUNCED):
        outbox.settle(report.id, word, str(word))
    found = outbox.get(report.id)
    assert found is not None
    assert (found.status, found.reason) == (Status.COMPLAINED, "complained")


def test_what_is_forgotten_is_gone(outbox: Outbox) -> None:
    mine, other = (
        pending(outbox),
        outbox.add(ReportRequest("b2", "p1", "b@example.org", "b"), 0, NOW),
    )
    outbox.forget_owner("a1")
    assert outbox.get(mine.id) is None
    assert outbox.get(other.id) == other
    outbox.forget_prediction("p1")
    assert outbox.get(other.id) is None


def test_parallel_requests_are_one_report_and_one_claim(mongodb: Database[dict[str, Any]]) -> None:
    create_indexes(mongodb)
    outbox = MongoOutbox(mongodb)

    def ask(number: int) -> tuple[str, bool]:
        report = outbox.add(DRAFT, 0, NOW)
        held = outbox.claim(report.id, f"t{number}", NOW, NOW + MINUTE)
        return report.id, held is not None

    with ThreadPoolExecutor(16) as threads:
        asked = [*threads.map(ask, range(50))]
    assert len({report_id for report_id, _ in asked}) == 1
    assert sum(held for _, held in asked) == 1
