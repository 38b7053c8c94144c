"""Reports over HTTP: who may have one mailed, where to, and what the mail says."""

import io
import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.message import EmailMessage as MimeMessage
from html import unescape
from typing import Any

import httpx
import pytest
from pypdf import PdfReader

from heartsense.conditions import CONDITIONS
from heartsense.service.accounts import AccountRepository
from heartsense.service.email import Suppressions
from heartsense.service.email.address import read_address
from heartsense.service.predictions import (
    ImageClassification,
    MongoPredictionRepository,
    Prediction,
    Refusal,
)
from heartsense.service.predictions.prediction import Outcome
from heartsense.service.predictions.storage import artifact_key
from heartsense.service.reports import Status, delete_by_owner
from heartsense.service.reports.email_builder import display_name
from tests.support.devstack_process import eventually
from tests.support.reading_grade import grade
from tests.support.running_service import BUCKET, Service, new_address
from tests.support.sample_results import classified_sample
from tests.support.signed_in_accounts import Person, new_person


class Sender:
    """Somebody signed in, with predictions that are done already."""

    def __init__(self, service: Service, *roles: str, verified: bool = True) -> None:
        self.service = service
        self.person: Person = new_person(service.database, service.ring, *roles)
        self.http = service.browser()
        self.http.headers.update(self.person.headers)
        accounts = service.database["accounts"]
        if verified:
            now = datetime.now(UTC)
            accounts.update_one({"_id": self.person.id}, {"$set": {"verified_at": now}})
        account = AccountRepository(service.database).by_id(self.person.id)
        assert account is not None
        self.email = account.address.text

    def predicted(self, sample: str = "inferior-infarction.png") -> str:
        return self.stored(classified_sample(sample))

    def stored(self, found: ImageClassification) -> str:
        """A prediction that is done, with this result; its id."""
        store = MongoPredictionRepository(self.service.database)
        made = store.create(self.person.id, 1, False, datetime.now(UTC))
        key = f"{self.person.id}-{made.id}"
        outcome = Outcome(key, found.result, None, "5" * 64, "1.0.0", found.heatmaps)
        store.finish(made.id, outcome, datetime.now(UTC))
        self.keep(made, found.artifacts)
        return made.id

    def keep(self, prediction: Prediction, pictures: Mapping[str, bytes]) -> None:
        s3 = self.service.serving.client("s3")
        for name, content in pictures.items():
            key = artifact_key(prediction.owner, prediction.id, name)
            s3.put_object(Bucket=BUCKET, Key=key, Body=content)

    def send(self, prediction_id: str, email: str | None = None) -> httpx.Response:
        body = {"prediction_id": prediction_id, **({} if email is None else {"email": email})}
        return self.http.post("/send-report", json=body)

    def sent(self, prediction_id: str, email: str | None = None) -> dict[str, Any]:
        answer = self.send(prediction_id, email)
        assert answer.status_code == 202, answer.text
        found: dict[str, Any] = answer.json()
        assert found["status"] == "sent", found
        return found

    def set_status(self, report_id: str, status: Status) -> None:
        self.service.database["reports"].update_one(
            {"_id": report_id}, {"$set": {"status": str(status)}}
        )


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def body(mail: MimeMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def attached(mail: MimeMessage) -> PdfReader:
    (file,) = mail.iter_attachments()
    assert file.get_content_type() == "application/pdf"
    assert file.get_filename() == "heartsense-report.pdf"
    return PdfReader(io.BytesIO(file.get_content()))


@pytest.fixture
def sender(service: Service) -> Sender:
    return Sender(service)


def test_a_report_is_sent_to_the_callers_address(service: Service, sender: Sender) -> None:
    prediction_id = sender.predicted()
    report = sender.sent(prediction_id)
    assert report["prediction_id"] == prediction_id
    assert report["to"] == sender.email
    mail = service.mail(sender.email)
    assert mail["Subject"] == "Your HeartSense report"
    assert mail["X-HeartSense-Report"] == report["id"]
    assert mail["Reply-To"] is None
    assert f"{service.url}/history" in body(mail, "plain")
    pdf = attached(mail)
    text = " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
    assert "Signs of a heart attack, new or old" in text
    assert len([picture for page in pdf.pages for picture in page.images]) == 1
    assert sender.http.get(f"/reports/{report['id']}").json() == report
    assert sender.http.get(f"/reports?prediction_id={prediction_id}").json()["items"] == [report]


def test_repeating_a_request_is_idempotent_and_sends_no_second_email(
    service: Service, sender: Sender
) -> None:
    prediction_id, elsewhere = sender.predicted(), new_address()
    first = sender.sent(prediction_id, elsewhere)
    assert sender.sent(prediction_id, elsewhere.upper()) == first
    assert sender.sent(prediction_id, elsewhere) == first
    another = sender.sent(prediction_id)
    assert another["id"] != first["id"]
    assert sender.sent(prediction_id, sender.email) == another
    listed = sender.http.get(f"/reports?prediction_id={prediction_id}").json()["items"]
    assert {report["id"] for report in listed} == {first["id"], another["id"]}
    assert len(service.mails(elsewhere)) == 1


def test_parallel_requests_send_one_email(service: Service, sender: Sender) -> None:
    prediction_id = sender.predicted("normal.png")
    with ThreadPoolExecutor(8) as threads:
        answers = [*threads.map(lambda _: sender.send(prediction_id), range(8))]
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sender.sent(prediction_id)
    assert len(service.mails(sender.email)) == 1


def test_another_recipient_sees_who_requested_the_report(service: Service, sender: Sender) -> None:
    elsewhere = new_address()
    sender.sent(sender.predicted(), elsewhere)
    mail = service.mail(elsewhere)
    assert mail["Subject"] == "A HeartSense report for you"
    assert mail["Reply-To"] == f"Test Person <{sender.email}>"
    for kind in ("plain", "html"):
        assert f"Test Person ({sender.email}) asked us" in body(mail, kind)
        assert service.url not in body(mail, kind)
    assert attached(mail).pages


@pytest.mark.parametrize("own", [True, False])
def test_the_email_body_contains_no_findings(service: Service, sender: Sender, own: bool) -> None:
    mails = []
    for number, sample in enumerate(("normal.png", "inferior-infarction.png")):
        address = None if own else new_address()
        sender.sent(sender.predicted(sample), address)
        mails.append(service.mail(address or sender.email, number if own else 0))
    normal, infarction = mails
    assert normal["Subject"] == infarction["Subject"]
    for kind in ("plain", "html"):
        assert body(normal, kind) == body(infarction, kind)
        for about in CONDITIONS:
            assert about.title not in body(infarction, kind)
    names = [file.get_filename() for mail in mails for file in mail.iter_attachments()]
    assert len(set(names)) == 1


@pytest.mark.parametrize("own", [True, False])
def test_the_mail_can_be_read_by_everybody(service: Service, sender: Sender, own: bool) -> None:
    address = None if own else new_address()
    sender.sent(sender.predicted(), address)
    mail = service.mail(address or sender.email)
    plain, html = body(mail, "plain"), body(mail, "html")
    assert grade(re.sub(r"https?://\S+|\S+@\S+", "", plain)) <= 8
    assert "not a medical device" in plain.lower()
    # Styles are in the elements, for mail programs drop style sheets, and nothing is fetched.
    assert "<style" not in html
    assert re.search(r'<p [^>]*style="[^"]*color: #b91c1c', html)
    assert "src=" not in html
    # The same sentences in both.
    said = unescape(re.sub(r"<[^>]+>", " ", html[html.index("<body") :]))
    for sentence in re.findall(r"[A-Z][^.:?]+[.?]", plain.partition("\n--")[0]):
        assert " ".join(sentence.split()) in " ".join(said.split())


def test_an_unverified_address_neither_receives_nor_sends_reports(service: Service) -> None:
    sender = Sender(service, verified=False)
    prediction_id = sender.predicted()
    for email in (None, sender.email, new_address()):
        assert code(sender.send(prediction_id, email)) == (403, "address_not_verified")
    assert sender.http.get("/reports").json() == {"items": []}


@pytest.mark.parametrize("form", ["urlencoded", "multipart", "text", "undeclared"])
def test_bodies_that_a_cross_site_form_could_send_are_refused(sender: Sender, form: str) -> None:
    fields = {"prediction_id": sender.predicted()}
    sent: dict[str, dict[str, Any]] = {
        "urlencoded": {"data": fields},
        "multipart": {"files": {name: (None, value) for name, value in fields.items()}},
        "text": {"content": json.dumps(fields), "headers": {"Content-Type": "text/plain"}},
        "undeclared": {"content": json.dumps(fields), "headers": {"Content-Type": ""}},
    }
    answer = sender.http.post("/send-report", **sent[form])
    assert code(answer) in {(415, "unsupported_media_type"), (422, "invalid_request")}
    assert sender.http.get("/reports").json() == {"items": []}


def test_predictions_and_reports_of_others_are_not_found(service: Service, sender: Sender) -> None:
    prediction_id = sender.predicted()
    report = sender.sent(prediction_id)
    for other in (Sender(service), Sender(service, "doctor", "administrator")):
        assert code(other.send(prediction_id)) == (404, "no_such_prediction")
        assert code(other.http.get(f"/reports/{report['id']}")) == (404, "no_such_report")
        assert code(other.http.post(f"/reports/{report['id']}/resend")) == (404, "no_such_report")
        assert other.http.get(f"/reports?prediction_id={prediction_id}").json() == {"items": []}
    assert code(sender.send("made-up")) == (404, "no_such_prediction")
    assert code(sender.http.get("/reports/made-up")) == (404, "no_such_report")


def test_there_is_no_report_of_what_was_not_read(service: Service, sender: Sender) -> None:
    store = MongoPredictionRepository(service.database)
    pending = store.create(sender.person.id, 1, False, datetime.now(UTC))
    assert code(sender.send(pending.id)) == (409, "prediction_not_done")
    refusal = Refusal("no_ecg_found", "No ECG.")
    store.finish(pending.id, Outcome(None, None, refusal), datetime.now(UTC))
    assert code(sender.send(pending.id)) == (409, "prediction_not_done")


@pytest.mark.parametrize("path", ["/send-report", "/reports/1/resend"])
def test_sending_requires_signing_in(service: Service, path: str) -> None:
    with service.browser() as stranger:
        answer = stranger.post(path, json={"prediction_id": "1"})
        assert code(answer) == (401, "not_signed_in")
        for path in ("/reports", "/reports/1"):
            assert code(stranger.get(path)) == (401, "not_signed_in")


INJECTIONS: list[Any] = [
    "a@example.org\r\nBcc: b@example.org",
    "a@example.org\nBcc: b@example.org",
    "a@example.org, b@example.org",
    "A <a@example.org>",
    '"a\r\nBcc: b"@example.org',
    "a@example.org\x00",
    "аda@example.org",
    {"$gt": ""},
    ["a@example.org"],
    "",
]


@pytest.mark.parametrize("email", INJECTIONS)
def test_an_address_adds_no_header_and_no_second_address(
    service: Service, sender: Sender, email: Any
) -> None:
    assert code(sender.send("made-up", email)) == (422, "invalid_request")
    assert not service.mails("b@example.org")


@pytest.mark.parametrize("prediction_id", [{"$gt": ""}, "a\x00", "", "x" * 65, None, 1])
def test_a_prediction_is_named_by_its_id(sender: Sender, prediction_id: Any) -> None:
    answer = sender.http.post("/send-report", json={"prediction_id": prediction_id})
    assert code(answer) == (422, "invalid_request")


def test_a_name_adds_no_header(service: Service) -> None:
    sender = Sender(service)
    name = 'Eve" <eve@example.org>\r\nBcc: b@example.org'
    service.database["accounts"].update_one({"_id": sender.person.id}, {"$set": {"name": name}})
    elsewhere = new_address()
    sender.sent(sender.predicted(), elsewhere)
    mail = service.mail(elsewhere)
    assert mail["Reply-To"] == sender.email
    assert "Bcc" not in mail
    assert "eve@" not in body(mail, "plain")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ada Lovelace", True),
        ("Dr. Ada B. O'Hara-Łukasz", True),
        ("李小龍", True),
        ("Win at www.example.org", False),
        ("example.org", False),
        ("Call 0900 123", False),
        ("http://x", False),
        ("a" * 61, False),
        ("", False),
    ],
)
def test_a_name_that_could_be_an_advertisement_is_not_shown(name: str, shown: bool) -> None:
    assert display_name(name) == (name if shown else "")


def test_an_unconfirmed_report_is_sent_again_only_by_request(
    service: Service, sender: Sender
) -> None:
    prediction_id, elsewhere = sender.predicted(), new_address()
    report = sender.sent(prediction_id, elsewhere)
    sender.set_status(report["id"], Status.UNCONFIRMED)
    same = sender.send(prediction_id, elsewhere).json()
    assert (same["id"], same["status"]) == (report["id"], "unconfirmed")
    assert "cannot tell" in same["reason"]
    assert len(service.mails(elsewhere)) == 1
    again = sender.http.post(f"/reports/{report['id']}/resend").json()
    assert again["id"] != report["id"]
    assert again["status"] == "sent"
    # Twice clicked is once asked.
    assert sender.http.post(f"/reports/{report['id']}/resend").json() == again
    assert eventually(lambda: len(service.mails(elsewhere)) == 2)
    # What is asked for now is the last one.
    assert sender.sent(prediction_id, elsewhere) == again
    ids = [mail["X-HeartSense-Report"] for mail in service.mails(elsewhere)]
    assert ids == [report["id"], again["id"]]


@pytest.mark.parametrize("status", [Status.PENDING, Status.SENDING])
def test_a_report_in_progress_is_not_sent_again(
    service: Service, sender: Sender, status: Status
) -> None:
    report = sender.sent(sender.predicted())
    sender.set_status(report["id"], status)
    answer = sender.http.post(f"/reports/{report['id']}/resend")
    assert code(answer) == (409, "report_under_way")


def test_a_suppressed_address_gets_nothing(service: Service, sender: Sender) -> None:
    elsewhere = new_address()
    Suppressions(service.database).add_complaint(read_address(elsewhere))
    assert code(sender.send(sender.predicted(), elsewhere)) == (409, "address_suppressed")
    assert not service.mails(elsewhere)


def test_a_strangers_mailbox_is_not_flooded(service: Service) -> None:
    sender, elsewhere = Sender(service), new_address()
    answers = [sender.send(sender.predicted("normal.png"), elsewhere) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    assert code(answers[-1]) == (429, "too_many_attempts")
    assert int(answers[-1].headers["retry-after"]) > 0
    # Nor by another account.
    other = Sender(service)
    assert code(other.send(other.predicted("normal.png"), elsewhere)) == (429, "too_many_attempts")
    # The own address is another matter.
    sender.sent(sender.predicted("normal.png"))
    assert eventually(lambda: len(service.mails(elsewhere)) == 3)


def test_reports_go_with_their_account(service: Service) -> None:
    sender = Sender(service)
    elsewhere = new_address()
    sender.sent(sender.predicted(), elsewhere)
    assert service.leftovers(elsewhere)
    delete_by_owner(service.database, sender.person.id)
    assert not service.leftovers(elsewhere)


def test_logs_contain_no_personal_data(service: Service, sender: Sender) -> None:
    elsewhere = new_address()
    sender.sent(sender.predicted(), elsewhere)
    logs = (service.serving.data / "logs").glob("*Report*")
    said = "".join(path.read_text() for path in logs)
    assert said
    for text in (elsewhere, sender.email, "heart attack", "infarction"):
        assert text not in said
