"""E-mails: what they contain, and that no field can add headers to them."""

import os
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage as MimeMessage
from pathlib import Path
from typing import Any

import boto3
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pymongo.database import Database

from heartsense.service import email
from heartsense.service.accounts import KeyRing, create_indexes
from heartsense.service.database import database
from heartsense.service.email import EmailMessage, compose
from heartsense.service.email.address import read_address
from heartsense.service.email.ses_client import ses_client
from tests.support.handler_calls import call
from tests.support.handler_environment import token_environment
from tests.support.running_service import PASSWORD, new_address

SENDER = "heartsense@example.org"
TEMPLATES = Path(email.__file__).parent / "templates"
VALUES = {
    "link": "https://heartsense.example.org/verify#token=a.b",
    "name": "Ada",
    "address": "ada@example.org",
    "message": "Hello.",
    "date": "1 May 2027",
}
OURS = [
    "verify", "reset", "reset_unconfirmed", "password_changed", "already_registered", "no_account",
    "contact", "idle",
]  # fmt: skip
# What request bodies let through: no controls, no halves of surrogate pairs, no line separators.
LINES = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=100
)
HEADERS = {
    "from", "to", "subject", "reply-to", "auto-submitted", "mime-version", "content-type",
}  # fmt: skip


def read(message: MimeMessage) -> MimeMessage:
    """The message as it arrives."""
    return message_from_bytes(message.as_bytes(), policy=policy.default)


@pytest.mark.parametrize("template", OURS)
def test_every_mail_says_the_same_as_text_and_as_html_with_styles_inside(template: str) -> None:
    raw = compose(EmailMessage("ada@example.org", template, "Subject", VALUES), SENDER).as_bytes()
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    message = message_from_bytes(raw, policy=policy.default)
    assert message.get_content_type() == "multipart/alternative"
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text
    assert html
    assert "Not a medical device" in text.get_content()
    markup = html.get_content()
    assert "<style" not in markup
    assert 'style="' in markup
    for remote in ("http://", "src=", "@import", "url("):
        assert remote not in markup.replace(VALUES["link"], "")
    if VALUES["link"] in markup:
        assert VALUES["link"] in text.get_content()


def test_values_are_text_and_never_markup() -> None:
    evil = {**VALUES, "name": "<b>x</b>", "message": '"><script>alert(1)</script>\n& so on'}
    message = compose(EmailMessage("ada@example.org", "contact", "<i>", evil), SENDER)
    html = message.get_body(("html",))
    assert html
    assert not {"<b>", "<script>", "<i>"} & set(html.get_content().split())
    assert "&lt;script&gt;" in html.get_content()


def test_a_missing_template_value_is_an_error() -> None:
    with pytest.raises(Exception, match="link"):
        compose(EmailMessage("ada@example.org", "verify", "Subject"), SENDER)


@given(subject=LINES, name=LINES)
@example("=?utf-8?q?=0d=0aBcc:_x=40example.org?=", "=?utf-8?b?DQpCY2M6IHhAeS5vcmc=?=")
@example("=?=?utf-8?q?=0a?==0a?=", "a =?utf-8?q?=0aX:?= b")
@example("x" * 100, "y" * 100)
def test_no_subject_and_no_name_adds_or_breaks_a_header(subject: str, name: str) -> None:
    email = EmailMessage(
        "ada@example.org", "contact", subject, VALUES, reply_to=(name, "a@example.org")
    )
    raw = compose(email, SENDER).as_bytes()
    head = raw.partition(b"\r\n\r\n")[0]
    names = [
        line.partition(b":")[0].decode().lower()
        for line in head.split(b"\r\n")
        if not line.startswith((b" ", b"\t"))
    ]
    assert set(names) <= HEADERS
    assert len(names) == len(set(names))
    assert b"\n" not in head.replace(b"\r\n", b"")
    message = message_from_bytes(raw, policy=policy.default)
    assert [a.addr_spec for a in message["To"].addresses] == ["ada@example.org"]
    assert message["Reply-To"].addresses[-1].addr_spec == "a@example.org"


@given(local=st.text(st.characters(max_codepoint=0x7F), min_size=1, max_size=64))
@example("=?utf-8?q?=0d=0aBcc=3ax?=")
@example("a=?utf-8?b?DQo=?=")
def test_every_accepted_address_can_be_sent_to(local: str) -> None:
    try:
        address = read_address(f"{local}@example.org")
    except ValueError:
        return
    message = read(compose(EmailMessage(address.text, "no_account", "Subject"), SENDER))
    assert message["To"].addresses[0].addr_spec == address.text


# --- sending -----------------------------------------------------------------------------------


@pytest.fixture
def handler(
    mongodb_uri: str,
    mongodb: Database[dict[str, Any]],
    aws: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Any]:
    """The auth function in this process."""
    from functions.auth.handler import handler

    boto3.client("ses").verify_email_identity(EmailAddress=SENDER)
    for variable, value in {
        "MONGODB_URI": mongodb_uri,
        "MONGODB_DATABASE": mongodb.name,
        **token_environment(KeyRing.generate()),
        "MAIL_FROM": SENDER,
        "OPERATOR_ADDRESS": "operator@example.org",
        "PUBLIC_URL": "http://web.test",
        "PICTURES_BUCKET": "unused",
    }.items():
        monkeypatch.setenv(variable, value)
    create_indexes(mongodb)
    for kept in (ses_client, database):
        kept.cache_clear()
    yield handler
    database().client.close()
    for kept in (ses_client, database):
        kept.cache_clear()


def test_a_call_whose_email_cannot_be_sent_may_be_repeated(
    handler: Any,
    mongodb: Database[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    up = os.environ["AWS_ENDPOINT_URL"]
    email = new_address()
    requests = (
        ("/register", {"name": "Ada", "email": email, "password": PASSWORD}),
        ("/password/forgot", {"email": email}),
    )
    for path, body in requests:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        ses_client.cache_clear()
        refused = call(handler, "POST", path, body)
        assert (refused.status, refused.code) == (503, "mail_not_sent"), path
        monkeypatch.setenv("AWS_ENDPOINT_URL", up)
        ses_client.cache_clear()
        assert call(handler, "POST", path, body).status == 202, path
        mongodb["attempts"].delete_many({})
    assert mongodb["accounts"].count_documents({"email_key": email}) == 1
    entries = [record.__dict__ for record in caplog.records if record.msg == "email_not_accepted"]
    assert [entry["reason"] for entry in entries] == ["EndpointConnectionError"] * 2
    assert email not in str(entries)


def test_a_new_password_holds_even_if_the_notification_fails(
    handler: Any, mongodb: Database[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"name": "Ada", "email": new_address(), "password": PASSWORD}
    assert call(handler, "POST", "/register", body).status == 202
    login = {"email": body["email"], "password": PASSWORD}
    token = call(handler, "POST", "/login", login).body["access_token"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    ses_client.cache_clear()
    change = {"current_password": PASSWORD, "new_password": "another four words entirely"}
    headers = {"Authorization": f"Bearer {token}"}
    assert call(handler, "POST", "/password/change", change, headers).status == 200
    assert call(handler, "POST", "/login", login).status == 401
