"""Whatever happens on the way, a report is mailed once, or says why it may not have been.

`SCHEDULES=10000 .venv/bin/pytest ...` tries as many.
"""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage as MimeMessage
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo.database import Database

from heartsense.errors import HeartSenseError
from heartsense.service.accounts import Account
from heartsense.service.email.address import Address, read_address
from heartsense.service.email.at_most_once import (
    OutcomeUnknownError,
    RejectedError,
    TemporaryFailureError,
)
from heartsense.service.reports import (
    DeliveryEvents,
    MongoOutbox,
    Outbox,
    Report,
    ReportSender,
    ReportService,
    Status,
    create_indexes,
)
from heartsense.service.reports.outbox import COLLECTION
from heartsense.service.reports.sender import MAX_AGE, SEND_TIMEOUT
from tests.support.interleaving import Actor, Stepped, SteppedDatabase, pause
from tests.support.memory_outbox import MemoryOutbox

IN_CI = bool(os.environ.get("CI"))
SCHEDULES = int(os.environ.get("SCHEDULES", 2000 if IN_CI else 200))
REAL_SCHEDULES = 30 if IN_CI else 10

PREDICTIONS = ("p1", "p2")
ADDRESSES = (None, "friend@example.org")  # None: the own one
OWN = read_address("ada@example.org")
START = datetime(2100, 1, 1, tzinfo=UTC)  # a real database forgets what has expired


class BuildError(Exception):
    """A picture could not be fetched, say."""


@dataclass
class Ses:
    """Takes mails, refuses them, or says nothing: before it took one, or after."""

    random: Random
    taken: list[str] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    healthy: bool = False

    def send(self, message: MimeMessage, to: str, report_id: str) -> str:
        pause()
        outcome = (
            "take"
            if self.healthy
            else self.random.choice(
                ("take", "take", "take", "take", "later", "never", "lost request", "lost answer")
            )
        )
        if outcome in ("take", "lost answer"):
            self.taken.append(report_id)
        pause()
        if outcome == "later":
            raise TemporaryFailureError
        if outcome == "never":
            raise RejectedError
        if outcome != "take":
            self.silent.add(report_id)
            raise OutcomeUnknownError
        return f"ses-{len(self.taken)}-{report_id}"


@dataclass
class MemorySuppressions:
    """Suppressed addresses in memory."""

    keys: set[str] = field(default_factory=set)

    def contains(self, address: Address) -> bool:
        return address.key in self.keys

    def add_bounce(self, address: Address, now: datetime) -> None:
        self.keys.add(address.key)

    def add_complaint(self, address: Address) -> None:
        self.keys.add(address.key)


@dataclass
class World:
    """One outbox, and all who work on it at the same time."""

    random: Random
    outbox: Outbox
    stepped: Outbox
    now: datetime = START
    running: list[Actor] = field(default_factory=list)
    interrupted: set[str] = field(default_factory=set)
    resends: Counter[str] = field(default_factory=Counter)
    promised: list[Report] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ses = Ses(self.random)
        self.suppressions = MemorySuppressions()
        clock = lambda: self.now  # noqa: E731
        self.sender = ReportSender(self.stepped, self, self.ses, clock)
        account = Account("a1", OWN, "Ada", b"", frozenset(), True, False, (), (), False, START)
        parts: Any = {
            "accounts": SimpleNamespace(by_id=lambda _: account),
            "predictions": SimpleNamespace(
                get=lambda id: SimpleNamespace(id=id, owner="a1", result={})
            ),
            "reviews": SimpleNamespace(latest=lambda _: {}),
            "limiter": SimpleNamespace(acquire=lambda *_: None),
            "suppressions": self.suppressions,
        }
        self.service = ReportService(self.stepped, sender=self.sender, clock=clock, **parts)
        self.delivery_events = DeliveryEvents(self.stepped, self.suppressions)  # type: ignore[arg-type]

    def build(self, report: Report) -> MimeMessage:
        pause()
        if not self.ses.healthy and self.random.randrange(8) == 0:
            raise BuildError
        return MimeMessage()

    # What may happen next.

    def ask(self) -> None:
        prediction, text = self.random.choice(PREDICTIONS), self.random.choice(ADDRESSES)
        address = text and read_address(text)

        def run() -> None:
            self.promised.append(self.service.request("a1", prediction, address or None))

        self.running.append(Actor(run))

    def resend(self) -> None:
        report = self.random.choice(self.reports())
        self.resends[request_key(report)] += 1

        def run() -> None:
            self.promised.append(self.service.resend("a1", report.id))

        self.running.append(Actor(run))

    def sweep(self) -> None:
        self.running.append(Actor(self.sender.sweep))

    def deliver_event(self) -> None:
        """SES says something of a mail that it took, maybe not for the first time."""
        report_id = self.random.choice(self.ses.taken)
        event: dict[str, Any] = {"mail": {"messageId": f"ses-{report_id}", "tags": {}}}
        event["mail"]["tags"]["report"] = [report_id]
        event["eventType"] = self.random.choice(("Delivery", "Send", "Bounce", "Complaint"))
        event["bounce"] = {"bounceType": "Transient", "bouncedRecipients": []}
        event["complaint"] = {"complainedRecipients": []}
        self.running.append(Actor(lambda: self.delivery_events.record(event, self.now)))

    def wait(self) -> None:
        seconds = self.random.choice((1, 60, 130, 400, 4000))
        # Whoever is at it now is held up.
        self.interrupted |= {report.id for report in self.reports() if report.attempts}
        self.now += timedelta(seconds=seconds)

    def crash(self) -> None:
        self.interrupted |= self._sending()
        self._running().crash()
        self._reap()

    def step(self) -> None:
        self._running().step()
        self._reap()

    def choices(self) -> list[Callable[[], None]]:
        return [
            self.ask,
            self.wait,
            self.sweep,
            *[self.resend] * bool(self.reports()),
            *[self.deliver_event] * bool(self.ses.taken),
            *[self.step] * (25 * bool(self.running)),
            *[self.crash] * (2 * bool(self.running)),
        ]

    def run(self) -> None:
        """A while of anything; then no more faults, and time for sweeps."""
        for _ in range(self.random.randint(1, 3)):
            self.ask()
        for _ in range(self.random.randint(10, 120)):
            self.random.choice(self.choices())()
        self.ses.healthy = True
        for actor in self.running:
            actor.finish()
        end = self.now + MAX_AGE + 2 * SEND_TIMEOUT
        self.interrupted |= self._sending()
        while self.now < end:
            self.now += timedelta(hours=1)
            self.sender.sweep()

    def reports(self) -> list[Report]:
        """In an order that no random id decides: a schedule must be the same when run again."""
        found = self.outbox.list_by_owner("a1")
        return sorted(found, key=lambda report: (request_key(report), report.revision))

    def _sending(self) -> set[str]:
        return {report.id for report in self.reports() if report.status is Status.SENDING}

    def _running(self) -> Actor:
        return self.random.choice(self.running)

    def _reap(self) -> None:
        for actor in [actor for actor in self.running if actor.ended]:
            self.running.remove(actor)
            expected = isinstance(actor.error, HeartSenseError | BuildError | None)
            if not expected:
                raise AssertionError from actor.error


def request_key(report: Report) -> str:
    return f"{report.request.prediction} {report.request.to_key}"


class DoubleError(AssertionError):
    """Two mails where one was asked for."""


class LostError(AssertionError):
    """No mail, and nothing that says so."""


def check(world: World) -> Counter[str]:
    """How many reports ended how; DoubleError or LostError where one ended wrongly."""
    mails = Counter(world.ses.taken)
    ends: Counter[str] = Counter()
    by_request: Counter[str] = Counter()
    for report in world.reports():
        count = mails.pop(report.id, 0)
        by_request[request_key(report)] += count
        ends[report.status] += 1
        if count > 1:
            raise DoubleError(report)
        match report.status:
            case Status.SENT | Status.BOUNCED | Status.COMPLAINED:
                if count == 0:
                    raise LostError(report)
            case Status.FAILED:
                assert count == 0, report
            case Status.UNCONFIRMED:
                assert report.id in world.interrupted | world.ses.silent, report
            case Status.PENDING | Status.SENDING:
                raise LostError(report)
    if mails:
        raise DoubleError(mails)
    for name, count in by_request.items():
        if count > 1 + world.resends[name]:
            raise DoubleError(name)
    kept = {report.id for report in world.reports()}
    if not {report.id for report in world.promised} <= kept:
        raise LostError(world.promised)
    ends["mails"] += sum(by_request.values())
    return ends


def in_memory(random: Random, outbox: MemoryOutbox | None = None) -> World:
    outbox = outbox or MemoryOutbox()
    return World(random, outbox, Stepped(outbox))


def describe(ends: Counter[str], schedules: int) -> str:
    parts = ", ".join(f"{name} {count}" for name, count in sorted(ends.items()))
    return f"\n{schedules} schedules, 0 double, 0 silently lost: {parts}"


@pytest.mark.no_cover  # thousands of runs of the same lines, slow to trace
def test_no_report_is_sent_twice_or_silently_lost(capsys: pytest.CaptureFixture[str]) -> None:
    ends: Counter[str] = Counter()

    @settings(max_examples=SCHEDULES, suppress_health_check=[*HealthCheck], database=None)
    @given(random=st.randoms(use_true_random=False))
    def schedules(random: Random) -> None:
        world = in_memory(random)
        world.run()
        ends.update(check(world))
        ends["schedules"] += 1

    schedules()
    assert ends["schedules"] >= SCHEDULES
    assert ends[Status.UNCONFIRMED]
    assert ends[Status.SENT]
    with capsys.disabled():
        print(describe(ends, ends.pop("schedules")))


@pytest.mark.no_cover  # thousands of runs of the same lines, slow to trace
def test_the_same_holds_in_mongodb(
    mongodb: Database[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    create_indexes(mongodb)
    ends: Counter[str] = Counter()

    for seed in range(REAL_SCHEDULES):
        mongodb[COLLECTION].delete_many({})
        stepped = MongoOutbox(SteppedDatabase(mongodb))  # type: ignore[arg-type]
        world = World(Random(seed), MongoOutbox(mongodb), stepped)
        world.run()
        ends.update(check(world))
    with capsys.disabled():
        print(describe(ends, REAL_SCHEDULES))


class NoToken(MemoryOutbox):
    """Lets somebody who was overtaken go on."""

    def mark_sending(self, report_id: str, token: str, now: datetime) -> bool:
        if entry := self.entries.get(report_id):
            entry.sending_at = now
            entry.change(status=Status.SENDING)
        return True


class TriesAgain(MemoryOutbox):
    """Takes no answer for no mail."""

    def mark_unconfirmed(self, report_id: str, token: str) -> None:
        self.release(report_id, token, self.entries[report_id].available_at)


class NoOutbox(MemoryOutbox):
    """Calls a report sent before it is."""

    def mark_sending(self, report_id: str, token: str, now: datetime) -> bool:
        if started := super().mark_sending(report_id, token, now):
            self.mark_sent(report_id, token, "ses", now)
        return started


@pytest.mark.no_cover  # thousands of runs of the same lines, slow to trace
@pytest.mark.parametrize(
    ("outbox", "error"),
    [(NoToken, DoubleError), (TriesAgain, DoubleError), (NoOutbox, LostError)],
)
def test_the_schedules_find_planted_defects(
    outbox: type[MemoryOutbox], error: type[AssertionError]
) -> None:
    def find() -> None:
        for seed in range(2000):
            world = in_memory(Random(seed), outbox())
            world.run()
            check(world)

    with pytest.raises(error):
        find()
