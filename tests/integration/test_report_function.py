"""The report function on its schedule, on what SES tells, and between the calls to it."""

import copy
import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest
from pymongo.database import Database

from heartsense.service.accounts import AccountRepository
from heartsense.service.email import Suppressions
from heartsense.service.email.address import read_address
from heartsense.service.feedback import ReviewRepository
from heartsense.service.maintenance import prediction_deletion
from heartsense.service.predictions import (
    MongoPredictionRepository,
    S3PredictionStorage,
    report_name,
)
from heartsense.service.predictions.prediction import Outcome
from heartsense.service.reports import MongoOutbox, Report, ReportRequest, Status
from heartsense.service.reports.email_builder import ReportEmailBuilder
from heartsense.service.reports.sender import (
    MAX_AGE,
    MIN_TIME_LEFT,
    SEND_TIMEOUT,
    UndeliverableError,
)
from tests.support.embedded_metrics import metrics_of
from tests.support.handler_calls import LambdaContext
from tests.support.handler_environment import RING
from tests.support.paths import ROOT
from tests.support.sample_results import classified_sample
from tests.support.signed_in_accounts import Person, new_person

NOW = datetime.now(UTC)

Event = dict[str, Any]


def call(event: Event) -> Any:
    from functions.report.handler import handler

    context: Any = LambdaContext()
    return handler(event, context)


def read_event(name: str) -> Event:
    found: Event = json.loads((ROOT / "events" / name).read_text())
    return found


def sweep() -> None:
    assert call(read_event("schedule.json")) is None


class Owner:
    """An account with a prediction that is done."""

    def __init__(self, database: Database[Event]) -> None:
        self.database = database
        self.person: Person = new_person(database, RING)
        account = AccountRepository(database).by_id(self.person.id)
        assert account is not None
        self.address = account.address
        store = MongoPredictionRepository(database)
        made = store.create(self.person.id, 1, False, NOW)
        found = classified_sample("normal.png")
        store.finish(made.id, Outcome(f"key-{made.id}", found.result), NOW)
        self.prediction = made.id
        self.outbox = MongoOutbox(database)

    def report(self, to: str = "", age: timedelta = timedelta(0)) -> Report:
        address = read_address(to) if to else self.address
        request = ReportRequest(self.person.id, self.prediction, address.text, address.key)
        return self.outbox.add(request, 0, datetime.now(UTC) - age)

    def status(self, report: Report) -> tuple[Status, str | None]:
        found = self.outbox.get(report.id)
        assert found is not None
        return found.status, found.reason


@pytest.fixture
def owner(deployed: Database[Event]) -> Owner:
    return Owner(deployed)


# --- The schedule --------------------------------------------------------------------------------


def test_the_schedule_sends_pending_reports(owner: Owner) -> None:
    report = owner.report()
    sweep()
    assert owner.status(report) == (Status.SENT, None)
    found = owner.outbox.get(report.id)
    assert found is not None
    assert found.ses_id
    sweep()
    again = owner.outbox.get(report.id)
    assert again == found


def test_the_schedule_reports_the_age_of_the_oldest_pending_report(
    owner: Owner, capsys: pytest.CaptureFixture[str]
) -> None:
    owner.report(age=timedelta(hours=2))
    sweep()
    sweep()
    waited, sent, nothing = metrics_of(capsys.readouterr().out)
    assert waited[0] == nothing[0] == "OldestPendingReport"
    assert 7200 <= waited[1] < 7260
    assert sent == ("Reports", 1, {"service": "tests", "status": "sent"})
    assert nothing[1] == 0


def test_a_sweep_starts_no_report_that_it_cannot_finish(owner: Owner) -> None:
    from functions.report.dependencies import report_sender

    found = [owner.report(f"{n}@example.org") for n in range(3)]
    left = iter([MIN_TIME_LEFT, MIN_TIME_LEFT - timedelta(milliseconds=1)])
    report_sender().sweep(lambda: next(left))
    assert [owner.status(report)[0] for report in found] == [Status.SENT, *[Status.PENDING] * 2]
    sweep()
    assert {owner.status(report)[0] for report in found} == {Status.SENT}


def test_the_schedule_respects_lambdas_deadline(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = owner.report()
    monkeypatch.setattr(LambdaContext, "get_remaining_time_in_millis", lambda _: 24_999)
    sweep()
    assert owner.status(report)[0] is Status.PENDING


def test_the_schedule_skips_claimed_reports(owner: Owner) -> None:
    report = owner.report()
    now = datetime.now(UTC)
    assert owner.outbox.claim(report.id, "t", now, now + timedelta(minutes=2))
    sweep()
    assert owner.status(report) == (Status.PENDING, None)


def test_the_schedule_never_resends_a_report_that_may_have_been_sent(owner: Owner) -> None:
    report = owner.report()
    before = datetime.now(UTC) - SEND_TIMEOUT - timedelta(seconds=1)
    assert owner.outbox.claim(report.id, "t", datetime.now(UTC), datetime.now(UTC))
    assert owner.outbox.mark_sending(report.id, "t", before)
    for _ in range(2):
        sweep()
        assert owner.status(report) == (Status.UNCONFIRMED, None)


def test_the_schedule_gives_up_after_a_day(owner: Owner) -> None:
    report = owner.report(age=MAX_AGE + timedelta(minutes=1))
    sweep()
    assert owner.status(report) == (Status.FAILED, "gave_up")


def test_a_report_of_deleted_data_fails_with_its_reason(owner: Owner) -> None:
    prediction, stopped, account = (owner.report(f"{n}@example.org") for n in ("a", "b", "c"))
    Suppressions(owner.database).add_complaint(read_address("b@example.org"))
    sweep_one(owner, stopped)
    assert owner.status(stopped) == (Status.FAILED, "address_suppressed")
    MongoPredictionRepository(owner.database).remove(owner.prediction)
    sweep_one(owner, prediction)
    assert owner.status(prediction) == (Status.FAILED, "prediction_gone")
    AccountRepository(owner.database).mark_pending_deletion(owner.person.id, NOW)
    sweep_one(owner, account)
    assert owner.status(account) == (Status.FAILED, "account_gone")


def sweep_one(owner: Owner, report: Report) -> None:
    from functions.report.dependencies import report_sender

    report_sender().send(report.id)


# --- What SES tells ------------------------------------------------------------------------------


def describe(report: Report, kind: str, **more: Any) -> Event:
    """An event of SES's configuration set about a report, as SNS brings it."""
    event = read_event("sns-ses-bounce.json")
    message = json.loads(event["Records"][0]["Sns"]["Message"])
    message["eventType"] = kind
    message["mail"]["tags"]["report"] = [report.id]
    to = [{"emailAddress": report.request.to}]
    message["bounce"]["bouncedRecipients"] = to
    message["complaint"] = {"complainedRecipients": to}
    message["bounce"].update(more)
    event["Records"][0]["Sns"]["Message"] = json.dumps(message)
    return event


def sent(owner: Owner, to: str = "") -> Report:
    report = owner.report(to)
    sweep_one(owner, report)
    assert owner.status(report)[0] is Status.SENT
    return report


@pytest.mark.parametrize(
    ("kind", "more", "status", "stops"),
    [
        ("Bounce", {"bounceType": "Permanent"}, Status.BOUNCED, True),
        ("Bounce", {"bounceType": "Undetermined"}, Status.BOUNCED, True),
        ("Bounce", {"bounceType": "Transient"}, Status.BOUNCED, False),
        ("Complaint", {}, Status.COMPLAINED, True),
        ("Reject", {}, Status.FAILED, False),
        ("Delivery", {}, Status.SENT, False),
        ("Open", {}, Status.SENT, False),
    ],
)
def test_delivery_events_update_the_report(
    owner: Owner, kind: str, more: Any, status: Status, stops: bool
) -> None:
    report = sent(owner)
    event = describe(report, kind, **more)
    for _ in range(2):  # SNS brings the same more than once
        assert call(copy.deepcopy(event)) is None
        assert owner.status(report)[0] is status
    assert Suppressions(owner.database).contains(owner.address) == stops


def test_an_identity_notification_is_matched_by_the_ses_message_id(owner: Owner) -> None:
    report = sent(owner)
    found = owner.outbox.get(report.id)
    assert found is not None
    event = describe(report, "Bounce")
    message = json.loads(event["Records"][0]["Sns"]["Message"])
    message["notificationType"] = message.pop("eventType")
    del message["mail"]["tags"]
    message["mail"]["messageId"] = found.ses_id
    event["Records"][0]["Sns"]["Message"] = json.dumps(message)
    call(event)
    assert owner.status(report)[0] is Status.BOUNCED


def test_a_delivery_event_confirms_an_unconfirmed_report_only(owner: Owner) -> None:
    report = sent(owner)
    unconfirmed = {"$set": {"status": "unconfirmed"}, "$unset": {"ses_id": ""}}
    owner.database["reports"].update_one({"_id": report.id}, unconfirmed)
    call(describe(report, "Delivery"))
    assert owner.status(report)[0] is Status.SENT
    call(describe(report, "Complaint"))
    for late in ("Delivery", "Send", "Bounce"):
        call(describe(report, late))
        assert owner.status(report)[0] is Status.COMPLAINED


def test_a_complaint_without_a_report_tag_suppresses_the_address(owner: Owner) -> None:
    report = sent(owner)
    event = describe(report, "Complaint")
    message = json.loads(event["Records"][0]["Sns"]["Message"])
    del message["mail"]["tags"]["report"]
    event["Records"][0]["Sns"]["Message"] = json.dumps(message)
    call(event)
    assert owner.status(report)[0] is Status.SENT
    assert Suppressions(owner.database).contains(owner.address)


# --- The process killed on the way ---------------------------------------------------------------

SEND = (
    "from functions.report.dependencies import report_sender; report_sender().send({report_id!r})"
)


class Silent(BaseHTTPRequestHandler):
    """A service of AWS that takes a request and never answers."""

    called: ClassVar[threading.Event]
    over: ClassVar[threading.Event]

    def _take(self) -> None:
        self.called.set()
        self.over.wait(60)
        self.close_connection = True

    do_GET = do_POST = _take

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.mark.parametrize(
    ("service", "cut_off", "in_the_end"),
    [
        ("S3", Status.PENDING, Status.SENT),  # fetching the picture: nothing went out
        ("SES", Status.SENDING, Status.UNCONFIRMED),  # in the call: nobody knows
    ],
)
def test_a_report_survives_its_process(
    owner: Owner,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    cut_off: Status,
    in_the_end: Status,
) -> None:
    report = owner.report()
    monkeypatch.setattr(Silent, "called", threading.Event(), raising=False)
    monkeypatch.setattr(Silent, "over", threading.Event(), raising=False)
    with HTTPServer(("127.0.0.1", 0), Silent) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        silent = {f"AWS_ENDPOINT_URL_{service}": f"http://127.0.0.1:{server.server_port}"}
        program = [sys.executable, "-c", SEND.format(report_id=report.id)]
        process = subprocess.Popen(program, cwd=ROOT, env={**os.environ, **silent})
        try:
            assert Silent.called.wait(60)
        finally:
            process.kill()
            process.wait()
            Silent.over.set()
            server.shutdown()
            thread.join()
    assert owner.status(report)[0] is cut_off
    sweep()
    assert owner.status(report)[0] is cut_off  # somebody may still be at it
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    later = {"$set": {"available_at": an_hour_ago, "sending_at": an_hour_ago}}
    owner.database["reports"].update_one({"_id": report.id}, later)
    sweep()
    assert owner.status(report)[0] is in_the_end


# --- What the function loads ---------------------------------------------------------------------

LOAD = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {missing!r}:
            raise ImportError(f"{{name}} is in another layer")
sys.meta_path.insert(0, Missing())
import {module}
"""


@pytest.mark.parametrize(
    ("module", "missing"),
    [
        ("functions.report.handler", {"numpy", "PIL", "pypdfium2", "pi_heif", "ai_edge_litert"}),
        # What deletes accounts forgets reports, and cannot write any.
        ("heartsense.service.maintenance", {"numpy", "PIL", "typst"}),
    ],
)
def test_it_loads_with_its_own_layers_only(module: str, missing: set[str]) -> None:
    program = LOAD.format(module=module, missing=missing)
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_prediction_deleted_while_its_report_is_made_leaves_no_pdf(
    deployed: Database[Event], owner: Owner
) -> None:
    bucket = os.environ["PICTURES_BUCKET"]
    deletion, storage = prediction_deletion(deployed, bucket), S3PredictionStorage(bucket)

    def render(*_: object) -> bytes:
        deletion.delete(owner.person.id, owner.prediction)
        return b"%PDF-1.7"

    builder = ReportEmailBuilder(
        AccountRepository(deployed),
        MongoPredictionRepository(deployed),
        ReviewRepository(deployed),
        storage,
        "heartsense@example.org",
        "https://example.org",
        render,
    )
    report = owner.report()
    with pytest.raises(UndeliverableError, match="prediction_gone"):
        builder.build(report)
    name = report_name(report.id)
    assert storage.read_artifact(owner.person.id, owner.prediction, name) is None
