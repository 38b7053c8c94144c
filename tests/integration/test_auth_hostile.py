"""Hostile values in every field of every route of the auth function, one at a time."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from heartsense.errors import WeakPasswordError
from heartsense.service.accounts.passwords import MIN_CHARACTERS, check_password_strength
from tests.support.devstack_process import eventually
from tests.support.running_service import (
    PASSWORD,
    Member,
    Service,
    new_address,
    new_member,
    plain_text,
)

LONGEST_PASSWORD = "облако, вереск; тигр - якорь? жизнь! 012345678"
TOKEN = f"{'0' * 24}.{'x' * 43}"
ROUTES: dict[str, dict[str, Any]] = {
    "POST /register": {"name": "Ada", "email": "nobody@example.org", "password": PASSWORD},
    "POST /verify": {"token": TOKEN},
    "POST /login": {"email": "nobody@example.org", "password": PASSWORD, "transport": "body"},
    "POST /refresh": {"refresh_token": TOKEN, "attempt": "1"},
    "POST /logout": {"refresh_token": TOKEN},
    "PATCH /me": {"name": "Ada"},
    "DELETE /me": {"password": PASSWORD},
    "POST /password/forgot": {"email": "nobody@example.org"},
    "POST /password/reset": {"token": TOKEN, "password": PASSWORD},
    "POST /password/change": {
        "current_password": PASSWORD,
        "new_password": PASSWORD,
        "transport": "body",
    },
    "POST /contact": {
        "name": "Ada",
        "email": "nobody@example.org",
        "subject": "Hello",
        "message": "Hello.",
    },
}
FIELDS = [(route, field) for route, body in ROUTES.items() for field in body]
HOSTILE: dict[str, Any] = {
    "operator": {"$gt": ""},
    "operator in a list": [{"$ne": None}],
    "regular expression": {"$regex": ".*"},
    "code": {"$where": "sleep(1000)"},
    "number": 1,
    "true": True,
    "one megabyte": "x" * 1_000_000,
    "empty": "",
    "NUL": "a\0@example.org",
    "line break": "Ada\r\nBcc: victim@example.org",
    "half a surrogate pair": "\ud800password",
    "deep": json.loads("[" * 200 + "]" * 200),
}


@pytest.fixture(scope="module")
def member(service: Service) -> Member:
    return new_member(service)


@pytest.fixture
def _unchanged(service: Service, member: Member) -> Iterator[None]:
    """All accounts must be the same before and after a test."""
    accounts = list(service.database["accounts"].find().sort("_id"))
    yield
    assert list(service.database["accounts"].find().sort("_id")) == accounts


def send(member: Member, route: str, body: Any) -> httpx.Response:
    method, path = route.split()
    # httpx would refuse half a surrogate pair; JSON's escapes can say it.
    return member.http.request(
        method,
        path,
        content=json.dumps(body),
        headers={**member.headers, "Content-Type": "application/json"},
    )


@pytest.mark.usefixtures("_unchanged")
@pytest.mark.parametrize(("route", "field"), FIELDS)
def test_no_field_accepts_another_type(member: Member, route: str, field: str) -> None:
    for kind, value in HOSTILE.items():
        if (field, kind) == ("message", "line break"):
            continue
        answer = send(member, route, {**ROUTES[route], field: value})
        assert answer.status_code == 422, (kind, answer.text)
        assert answer.json()["code"] == "invalid_request", kind
        assert len(answer.content) < 1000  # nothing of it comes back


@pytest.mark.usefixtures("_unchanged")
@pytest.mark.parametrize("route", ROUTES)
def test_only_the_documented_body_is_accepted(member: Member, route: str) -> None:
    more = {**ROUTES[route], "$where": "1", "roles": ["doctor"]}
    for body in (more, [], "text", None, 1, [ROUTES[route]]):
        assert send(member, route, body).status_code == 422, body
    method, path = route.split()
    headers = {**member.headers, "Content-Type": "application/json"}
    digits = b'{"a": ' + b"9" * 5000 + b"}"
    for content in (b"{", b"\xff\xfe", b'{"a": NaN}', b"[" * 100_000, digits):
        answer = member.http.request(method, path, content=content, headers=headers)
        assert answer.status_code == 422, content[:10]


@pytest.mark.parametrize(
    "email",
    [
        "\u0430da@example.org",  # a Cyrillic a
        "ad\u0430@example.org",
        "ada\u200b@example.org",
        "ada\u202e@example.org",
        "ad\u0131@example.org",  # a dotless i
        "ada@example.org\u0000",
        "ada@exa mple.org",
        "ada@localhost",
        "ada@[127.0.0.1]",
        '"ada lovelace"@example.org',
        "ada@example.org, eve@example.org",
        "Ada <ada@example.org>",
        "ada@example.org\r\nBcc: eve@example.org",
        "=?utf-8?q?=0aBcc=3ax?=@example.org",  # a line break in disguise
        f"{'a' * 65}@example.org",
        f"ada@{'a' * 250}.org",
    ],
)
def test_addresses_that_only_look_like_others_are_refused(member: Member, email: str) -> None:
    for route in ("POST /register", "POST /password/forgot", "POST /contact"):
        answer = send(member, route, {**ROUTES[route], "email": email})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_a_lookalike_domain_is_a_different_address_and_is_shown_in_ascii(
    service: Service,
) -> None:
    name = new_address().split("@")[0]
    spellings = (f"{name}@example.org", f"{name}@ex\u0430mple.org")  # a Cyrillic a
    for email in spellings:
        body = {"name": "Ada", "email": email, "password": PASSWORD}
        assert service.browser().post("/register", json=body).status_code == 202
    kept = {d["email"] for d in service.database["accounts"].find({"email": {"$regex": name}})}
    assert kept == {f"{name}@example.org", f"{name}@xn--exmple-4nf.org"}


def test_all_spellings_of_one_address_are_one_account(service: Service, member: Member) -> None:
    for email in (member.email.upper(), member.email.title()):
        body = {"email": email, "password": PASSWORD}
        assert service.browser().post("/login", json=body).status_code == 200


@pytest.mark.parametrize(
    ("password", "status", "code"),
    [
        (LONGEST_PASSWORD, 202, None),  # 72 bytes, 46 characters
        (LONGEST_PASSWORD + "x", 422, "weak_password"),
        ("\u00e4" * 36 + "x", 422, "weak_password"),  # 73 bytes, 37 characters
        ("\U0001f600" * 18 + "x", 422, "weak_password"),  # 73 bytes, 19 characters
        ("x1y2z3w4q", 422, "weak_password"),  # 9 characters
        ("password123", 422, "weak_password"),
        ("qwertyuiop", 422, "weak_password"),
        ("aaaaaaaaaaaaaaa", 422, "weak_password"),
        ("heartsense2026", 422, "weak_password"),
        ("only lower case words here", 202, None),  # no rules of composition
    ],
)
def test_which_passwords_are_accepted(
    service: Service, password: str, status: int, code: str | None
) -> None:
    body = {"name": "Ada", "email": new_address(), "password": password}
    answer = service.browser().post("/register", json=body)
    assert (answer.status_code, answer.json().get("code")) == (status, code)


def test_the_most_common_passwords_are_refused() -> None:
    """Those of the 30,000 most common ones that are long enough: 1,090."""
    long_enough = [word for word in FREQUENCY_LISTS["passwords"] if len(word) >= MIN_CHARACTERS]
    assert len(long_enough) > 1000
    for password in long_enough:
        with pytest.raises(WeakPasswordError):
            check_password_strength(password)


def test_ones_own_address_or_name_is_no_password(service: Service) -> None:
    email = new_address()
    for password in (email, email.split("@")[0], "Adalberta Lovelace"):
        body = {"name": "Adalberta Lovelace", "email": email, "password": password}
        assert service.browser().post("/register", json=body).json()["code"] == "weak_password"


def test_every_byte_of_a_password_counts(service: Service) -> None:
    member = Member(service, service.browser(), new_address(), LONGEST_PASSWORD)
    body = {"name": "Ada", "email": member.email, "password": LONGEST_PASSWORD}
    assert member.http.post("/register", json=body).status_code == 202
    assert member.sign_in().status_code == 200
    for wrong in (
        LONGEST_PASSWORD[:-1],
        LONGEST_PASSWORD + "x",
        LONGEST_PASSWORD[:-1] + "K",
        LONGEST_PASSWORD + "\u00e4" * 100,
    ):
        member.password = wrong
        assert member.sign_in().json()["code"] == "wrong_credentials"


def visible(text: str) -> str:
    return text.replace("\u200b", "")


def test_a_message_cannot_add_a_header_to_the_operators_mail(service: Service) -> None:
    writer = service.browser()
    marker = new_address()
    body = {
        "name": "\u201cA\u201d, =?utf-8?q?=0aBcc:_x?=",
        "email": marker,
        "subject": "=?utf-8?q?Hi=0d=0aBcc:_y=40example.org?= <b>\u00e4</b>",
        "message": "Dear all,\r\n.\r\nBcc: z@example.org\n\n--===boundary\n<script>1</script>",
    }
    assert writer.post("/contact", json=body).status_code == 202

    def arrived() -> list[Any]:
        return [m for m in service.mails("operator@example.org") if marker in str(m["Reply-To"])]

    assert eventually(lambda: bool(arrived()))
    (mail,) = arrived()
    assert mail["Bcc"] is None
    assert mail["Cc"] is None
    assert mail["From"] == "heartsense@example.org"
    assert visible(mail["Subject"]) == f"Contact form: {body['subject']}"
    (reply,) = mail["Reply-To"].addresses
    assert (visible(reply.display_name), reply.addr_spec) == (body["name"], marker)
    html = mail.get_body(("html",))
    assert html
    assert "<script>" not in html.get_content()
    assert "Bcc: z@example.org" in plain_text(mail)  # as text
    for field in ("name", "subject"):
        for evil in ("Hi\r\nBcc: x@example.org", "Hi\nX: y", "Hi\u2028X: y", "Hi\x85X: y"):
            assert writer.post("/contact", json={**body, field: evil}).status_code == 422
