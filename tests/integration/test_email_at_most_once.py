"""One call to SES, and no second one, whatever it answers."""

import threading
from email.message import EmailMessage as MimeMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest
from pymongo.database import Database

from heartsense.service.email import EmailGateway, Suppressions
from heartsense.service.email.at_most_once import (
    AtMostOnceMailer,
    OutcomeUnknownError,
    RejectedError,
    TemporaryFailureError,
)
from heartsense.service.email.ses_client import ses_client


def send(database: Database[dict[str, Any]]) -> str:
    gateway = EmailGateway("a@example.org", Suppressions(database), "events")
    return AtMostOnceMailer(gateway).send(MimeMessage(), "b@example.org", "r1")


class Mute(BaseHTTPRequestHandler):
    """SES as it answers when it does not answer well."""

    calls: ClassVar[list[bytes]] = []
    answer: ClassVar[tuple[int, str] | None] = None

    def do_POST(self) -> None:
        self.calls.append(self.rfile.read(int(self.headers["Content-Length"])))
        if self.answer is None:
            self.close_connection = True
            return
        status, code = self.answer
        body = (
            "<ErrorResponse><Error><Type>Sender</Type>"
            f"<Code>{code}</Code><Message>no mail to b@example.org</Message></Error>"
            "</ErrorResponse>"
        ).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((400, "MessageRejected"), RejectedError),
        ((400, "InvalidParameterValue"), RejectedError),
        ((400, "Throttling"), TemporaryFailureError),
        ((400, "AccountSendingPausedException"), TemporaryFailureError),
        ((403, "AccessDenied"), TemporaryFailureError),
        ((500, "InternalFailure"), OutcomeUnknownError),
        ((503, "ServiceUnavailable"), OutcomeUnknownError),
        (None, OutcomeUnknownError),
    ],
)
def test_ses_is_called_once_whatever_its_response(
    aws: str,
    mongodb: Database[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    answer: tuple[int, str] | None,
    outcome: type[Exception],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with HTTPServer(("127.0.0.1", 0), Mute) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setattr(Mute, "answer", answer)
        monkeypatch.setattr(Mute, "calls", [])
        ses_client.cache_clear()
        try:
            with pytest.raises(outcome):
                send(mongodb)
        finally:
            ses_client.cache_clear()
            server.shutdown()
            thread.join()
        (request,) = Mute.calls
    assert b"ConfigurationSetName=events" in request
    (entry,) = [record.__dict__ for record in caplog.records if record.msg == "report_not_accepted"]
    assert entry["reason"] == (answer[1] if answer else "ConnectionClosedError")
    assert entry["report"] == "r1"
    assert "b@example.org" not in str(entry)


def test_an_unreachable_ses_may_be_called_later(
    aws: str, mongodb: Database[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with HTTPServer(("127.0.0.1", 0), Mute) as server:
        port = server.server_port
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    ses_client.cache_clear()
    with pytest.raises(TemporaryFailureError):
        send(mongodb)
    ses_client.cache_clear()
