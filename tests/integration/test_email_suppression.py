"""Addresses that no e-mail goes to any more."""

from datetime import UTC, datetime
from typing import Any

from pymongo.database import Database

from heartsense.service.email import Suppressions
from heartsense.service.email.address import read_address
from tests.support.paths import ROOT
from tests.support.running_service import PASSWORD, Service, new_address, new_member

NOW = datetime.now(UTC)

Document = dict[str, Any]


def test_a_suppression_stores_no_address_and_matches_all_its_spellings(
    mongodb: Database[Document],
) -> None:
    suppressions = Suppressions(mongodb)
    grace = read_address("Grace@Example.org")
    assert not suppressions.contains(grace)
    suppressions.add_bounce(grace, NOW)
    assert Suppressions(mongodb).contains(read_address("grace@example.org"))
    assert not suppressions.contains(read_address("eve@example.org"))
    # A name with letters past f: what is stored is a digest in hexadecimal digits.
    stored = repr([*mongodb["suppressions"].find()]).lower()
    assert "grace" not in stored
    assert "example.org" not in stored


def test_a_bounce_is_forgotten_in_time_and_a_complaint_never(mongodb: Database[Document]) -> None:
    suppressions = Suppressions(mongodb)
    ada, eve = read_address("ada@example.org"), read_address("eve@example.org")
    suppressions.add_bounce(ada, NOW)
    for _ in range(2):
        suppressions.add_complaint(eve)
        suppressions.add_bounce(eve, NOW)
    expiries = [entry.get("expires_at") for entry in mongodb["suppressions"].find()]
    assert sum(expiry is not None for expiry in expiries) == 1
    assert suppressions.contains(ada)
    assert suppressions.contains(eve)


def test_no_account_email_goes_to_a_suppressed_address(service: Service) -> None:
    bounced = new_member(service)
    fresh = new_address()
    for email in (bounced.email, fresh):
        Suppressions(service.database).add_bounce(read_address(email), NOW)
    before = len(service.mails(bounced.email))
    register = {"name": "Ada", "email": fresh, "password": PASSWORD}
    change = {"current_password": PASSWORD, "new_password": "another four words entirely"}
    # The answers are those of any other address.
    browser = service.browser()
    assert browser.post("/register", json=register).status_code == 202
    assert browser.post("/register", json={**register, "email": bounced.email}).status_code == 202
    for email in (bounced.email, fresh):
        assert browser.post("/password/forgot", json={"email": email}).status_code == 202
    changed = bounced.http.post("/password/change", json=change, headers=bounced.headers)
    assert changed.status_code == 200
    # What was sent after all of these has arrived.
    witness = new_address()
    assert browser.post("/password/forgot", json={"email": witness}).status_code == 202
    assert service.mail(witness)
    assert service.mails(fresh) == []
    assert len(service.mails(bounced.email)) == before


def test_emails_leave_through_one_place() -> None:
    sources = [*(ROOT / "src").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
    senders = [path.name for path in sources if ".send_raw_email(" in path.read_text()]
    assert senders == ["gateway.py"]
    assert not [path for path in sources if ".send_email(" in path.read_text()]
