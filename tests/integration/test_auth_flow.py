"""An account over HTTP, from registration to deletion."""

import base64
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from heartsense.service.accounts import KeyRing, issue_access_token
from heartsense.service.predictions import MongoPredictionRepository
from tests.support.running_service import (
    BUCKET,
    PASSWORD,
    Member,
    Service,
    new_address,
    new_member,
    plain_text,
)

OTHER = "another four words entirely"
COOKIE = "__Host-heartsense-refresh"


@pytest.fixture(scope="module")
def member(service: Service) -> Member:
    """An account that tests do not change."""
    return new_member(service)


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()["code"]


def me(member: Member) -> httpx.Response:
    return member.http.get("/me", headers=member.headers)


def refreshed(member: Member, token: str | None = None, **more: str) -> httpx.Response:
    body = {"refresh_token": token or member.refresh, **more}
    return member.http.post("/refresh", json=body)


def test_an_account_is_usable_at_once_and_shows_whether_its_address_is_confirmed(
    service: Service,
) -> None:
    newcomer = new_member(service, verified=False)
    before = me(newcomer).json()
    assert (before["email"], before["verified"]) == (newcomer.email, False)
    assert (before["roles"], before["name"]) == (["user"], "Ada")
    again = newcomer.http.post("/verify/request", headers=newcomer.headers)
    assert again.status_code == 202
    newest = service.token(newcomer.email, 1)
    oldest = service.token(newcomer.email, 0)
    assert code(newcomer.http.post("/verify", json={"token": oldest})) == (400, "link_refused")
    for _ in range(2):  # mail clients may open links twice
        assert newcomer.http.post("/verify", json={"token": newest}).status_code == 204
    assert me(newcomer).json()["verified"]


def test_a_second_registration_gets_the_same_response_and_notifies_the_owner(
    service: Service, member: Member
) -> None:
    body = {"name": "Eve", "email": member.email.upper(), "password": OTHER}
    taken = service.browser().post("/register", json=body)
    fresh = service.browser().post("/register", json={**body, "email": new_address()})
    assert (taken.status_code, taken.text) == (fresh.status_code, fresh.text)
    assert dict(taken.headers).keys() == dict(fresh.headers).keys()
    mail = service.mail(member.email, 1)
    assert mail["Subject"] == "You already have a HeartSense account"
    assert "token" not in str(mail)
    assert me(member).json()["name"] == "Ada"
    assert member.sign_in().status_code == 200


def test_a_lost_registration_may_be_repeated(service: Service) -> None:
    body = {"name": "Ada", "email": new_address(), "password": PASSWORD}
    browser = service.browser()
    for number in range(2):
        assert browser.post("/register", json=body).status_code == 202
        assert service.mail(body["email"], number)["Subject"].startswith("Confirm your address")
    token = service.token(body["email"], 1)
    assert browser.post("/verify", json={"token": token}).status_code == 204


def test_an_unknown_address_and_a_wrong_password_get_the_same_response(
    service: Service, member: Member
) -> None:
    browser = service.browser()
    wrong = browser.post("/login", json={"email": member.email, "password": OTHER})
    unknown = browser.post("/login", json={"email": new_address(), "password": OTHER})
    assert code(wrong) == code(unknown) == (401, "wrong_credentials")
    first, second = wrong.json(), unknown.json()
    del first["instance"], second["instance"]
    assert first == second


def test_a_replayed_refresh_token_ends_the_session_for_both(service: Service) -> None:
    victim = new_member(service)
    stolen = victim.refresh
    other = Member(service, service.browser(), victim.email)
    assert other.sign_in().status_code == 200
    victim.keep(refreshed(victim))
    victim.keep(refreshed(victim))
    assert me(victim).status_code == 200
    assert code(refreshed(victim, stolen)) == (401, "session_ended")
    assert code(refreshed(victim)) == (401, "session_ended")
    assert code(me(victim)) == (401, "token_refused")  # the access token dies with the session
    assert me(other).status_code == 200  # another device is another session


def test_a_refresh_whose_response_was_lost_can_be_repeated(service: Service) -> None:
    client = new_member(service, verified=False)
    once = refreshed(client, attempt="a1").json()
    again = refreshed(client, attempt="a1").json()
    assert once["refresh_token"] == again["refresh_token"] != client.refresh
    thief = refreshed(client, attempt="guessed")
    assert code(thief) == (401, "session_ended")
    assert code(refreshed(client, once["refresh_token"])) == (401, "session_ended")


def test_sessions_end_when_idle_and_after_thirty_days(service: Service) -> None:
    client = new_member(service, verified=False)
    past = datetime(2020, 1, 1, tzinfo=UTC)
    accounts = service.database["accounts"]
    query = {"_id": client.id}
    session = accounts.find_one(query)["sessions"][0]  # type: ignore[index]
    assert (session["idle_until"] - session["created_at"]).days == 7
    assert (session["ends_at"] - session["created_at"]).days == 30
    accounts.update_one(query, {"$set": {"sessions.0.ends_at": past}})
    assert code(me(client)) == (401, "token_refused")
    assert code(refreshed(client)) == (401, "session_ended")
    assert client.sign_in().status_code == 200
    accounts.update_one(query, {"$set": {"sessions.0.idle_until": past}})
    assert code(refreshed(client)) == (401, "session_ended")


def test_signing_out_needs_the_right_secret(service: Service) -> None:
    client = new_member(service, verified=False)
    account, session, _ = client.refresh.split(".")
    guess = {"refresh_token": f"{account}.{session}.{'A' * 43}"}
    assert client.http.post("/logout", json=guess).status_code == 204
    assert me(client).status_code == 200
    replaced = {"refresh_token": client.refresh}
    client.keep(refreshed(client))
    assert client.http.post("/logout", json=replaced).status_code == 204
    assert code(me(client)) == (401, "token_refused")


def test_signing_out_ends_the_access_token_too(service: Service) -> None:
    client = new_member(service, verified=False)
    body = {"refresh_token": client.refresh}
    for _ in range(2):
        assert client.http.post("/logout", json=body).status_code == 204
    assert code(me(client)) == (401, "token_refused")
    assert code(refreshed(client)) == (401, "session_ended")


def test_a_browser_gets_its_refresh_token_as_a_cookie_no_script_can_read(
    service: Service, member: Member
) -> None:
    browser = service.browser()
    answer = browser.post("/login", json={"email": member.email, "password": PASSWORD})
    assert "refresh_token" not in answer.json()
    assert answer.headers["cache-control"] == "no-store"
    (cookie,) = answer.headers.get_list("set-cookie")
    value, *attributes = cookie.split("; ")
    assert {"Path=/", "Secure", "HttpOnly", "SameSite=Strict"} < set(attributes)
    assert "Max-Age=604800" in attributes
    assert not any(attribute.startswith("Domain") for attribute in attributes)  # __Host- forbids

    def refresh(**headers: str) -> httpx.Response:
        return browser.post("/refresh", json={}, headers={"Cookie": value, **headers})

    assert value.startswith(f"{COOKIE}=")
    for elsewhere in ({}, {"Origin": "null"}, {"Origin": "http://evil.example"}):
        assert code(refresh(**elsewhere)) == (403, "not_allowed")
    good = refresh(Origin=service.url)
    assert good.status_code == 200
    assert "refresh_token" not in good.json()
    assert good.headers["set-cookie"].startswith(f"{COOKIE}=")
    assert code(browser.post("/refresh", json={})) == (401, "session_ended")
    value = good.headers["set-cookie"].split(";")[0]
    headers = {"Cookie": value, "Origin": service.url}
    out = browser.post("/logout", json={}, headers=headers)
    assert "Max-Age=0" in out.headers["set-cookie"]
    assert code(refresh(Origin=service.url)) == (401, "session_ended")


def test_each_sign_in_gets_a_secret_of_256_random_bits(service: Service) -> None:
    client = new_member(service, verified=False)
    secrets_given = [client.refresh.split(".")[-1]]
    for _ in range(3):
        assert client.sign_in().status_code == 200
        secrets_given.append(client.refresh.split(".")[-1])
    assert len(set(secrets_given)) == 4
    read = [base64.urlsafe_b64decode(f"{secret}=") for secret in secrets_given]
    assert {len(content) for content in read} == {32}
    ones = sum(byte.bit_count() for content in read for byte in content)
    assert 0.4 < ones / (4 * 256) < 0.6  # 6 standard deviations


def test_signing_in_anew_ends_the_cookies_session(service: Service, member: Member) -> None:
    browser = service.browser()
    body = {"email": member.email, "password": PASSWORD}
    first = browser.post("/login", json=body)
    cookie = {"Cookie": first.headers["set-cookie"].split(";")[0]}
    assert browser.post("/login", json=body, headers=cookie).status_code == 200
    old = {"Authorization": f"Bearer {first.json()['access_token']}"}
    assert code(browser.get("/me", headers=old)) == (401, "token_refused")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {},
    ],
)
def test_another_origin_cannot_send_a_body_without_a_preflight(
    service: Service, member: Member, headers: dict[str, str]
) -> None:
    body = f'{{"email": "{member.email}", "password": "{PASSWORD}"}}'
    answer = service.browser().post("/login", content=body, headers=headers)
    assert answer.status_code in {415, 422}
    assert "set-cookie" not in answer.headers


def test_another_origin_is_refused_by_cors(service: Service) -> None:
    asked = service.browser().options(
        "/login", headers={"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    )
    assert asked.headers["access-control-allow-origin"] == service.url


def test_a_changed_password_ends_all_other_sessions(service: Service) -> None:
    client = new_member(service)
    other = Member(service, service.browser(), client.email)
    assert other.sign_in().status_code == 200
    old = client.headers
    body = {"current_password": OTHER, "new_password": OTHER, "transport": "body"}
    refused = client.http.post("/password/change", json=body, headers=old)
    assert code(refused) == (403, "wrong_password")
    body["current_password"] = PASSWORD
    client.keep(client.http.post("/password/change", json=body, headers=old))
    assert code(client.http.get("/me", headers=old)) == (401, "token_refused")
    assert code(me(other)) == (401, "token_refused")
    assert code(refreshed(other)) == (401, "session_ended")
    assert me(client).status_code == 200
    assert code(other.sign_in()) == (401, "wrong_credentials")
    assert service.mail(client.email, 2)["Subject"] == "Your HeartSense password was changed"


def test_links_expire(service: Service) -> None:
    client = new_member(service, verified=False)
    assert client.http.post("/password/forgot", json={"email": client.email}).status_code == 202
    verify, reset = service.token(client.email, 0), service.token(client.email, 1)
    accounts, past = service.database["accounts"], datetime(2020, 1, 1, tzinfo=UTC)
    kept = accounts.find_one({"_id": client.id})
    assert kept
    assert 9 < (kept["reset_token"]["expires_at"] - datetime.now(UTC)).total_seconds() / 60 <= 10
    accounts.update_one(
        {"_id": client.id},
        {"$set": {"reset_token.expires_at": past, "verification_token.expires_at": past}},
    )
    assert code(client.http.post("/verify", json={"token": verify})) == (400, "link_refused")
    body = {"token": reset, "password": OTHER}
    assert code(client.http.post("/password/reset", json=body)) == (400, "link_refused")
    # A reset link does not confirm an address.
    assert code(client.http.post("/verify", json={"token": reset})) == (400, "link_refused")


def test_forgot_password_for_an_unknown_address_gets_the_same_response_and_an_email_that_says_so(
    service: Service, member: Member
) -> None:
    stranger = new_address()
    browser = service.browser()
    unknown = browser.post("/password/forgot", json={"email": stranger})
    known = browser.post("/password/forgot", json={"email": member.email})
    assert (unknown.status_code, unknown.text) == (known.status_code, known.text)
    assert "there is no account with this address" in plain_text(service.mail(stranger))
    assert service.leftovers(stranger) == []


def test_a_name_may_be_changed(service: Service) -> None:
    client = new_member(service, verified=False)
    answer = client.http.patch("/me", json={"name": "Grace Ḧöpper"}, headers=client.headers)
    assert answer.json()["name"] == me(client).json()["name"] == "Grace Ḧöpper"
    for more in ({"email": "x@example.org"}, {"roles": ["doctor"]}, {"verified": True}):
        body = {"name": "x", **more}
        refused = client.http.patch("/me", json=body, headers=client.headers)
        assert code(refused) == (422, "invalid_request")
    assert me(client).json()["roles"] == ["user"]


def test_roles_come_from_the_account_at_every_request(service: Service) -> None:
    client = new_member(service)
    variables = (service.serving.data / "environment").read_text().split()
    program = Path(sys.executable).with_name("heartsense")

    def operate(command: str) -> None:
        subprocess.run(
            ["env", *variables, program, "admin", command, "doctor", client.email], check=True
        )

    operate("grant")
    assert me(client).json()["roles"] == ["doctor", "user"]
    operate("revoke")
    assert me(client).json()["roles"] == ["user"]


def test_a_token_of_another_key_or_for_no_session_is_refused(
    service: Service, member: Member
) -> None:
    session = member.refresh.split(".")[1]
    for ring, sid in ((KeyRing.generate(), session), (service.ring, "0" * 24)):
        token = issue_access_token(ring, member.id, ["doctor"], session=sid)
        answer = member.http.get("/me", headers={"Authorization": f"Bearer {token}"})
        assert code(answer) == (401, "token_refused")
    good = issue_access_token(service.ring, member.id, ["doctor"], session=session)
    answer = member.http.get("/me", headers={"Authorization": f"Bearer {good}"})
    assert answer.json()["roles"] == ["user"]  # whatever the token says


def test_nothing_is_left_of_a_deleted_account(service: Service) -> None:
    deleted, kept = new_member(service), new_member(service)
    s3 = service.serving.client("s3")
    predictions = MongoPredictionRepository(service.database)
    for person in (deleted, kept):
        made = predictions.create(person.id, 1, True, datetime.now(UTC))
        key = f"answers/{person.id}/{made.id}/picture.jpg"
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"picture")
        wrote = person.http.post(
            "/contact",
            json={"name": "Ada", "email": person.email, "subject": "Hi", "message": "Hello."},
        )
        assert wrote.status_code == 202
    assert len(service.leftovers(deleted.id, deleted.email)) >= 4
    before = service.leftovers(kept.id, kept.email)

    wrong = deleted.http.request("DELETE", "/me", json={"password": OTHER}, headers=deleted.headers)
    assert code(wrong) == (403, "wrong_password")
    assert me(deleted).status_code == 200
    answer = deleted.delete()
    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]

    assert service.leftovers(deleted.id, deleted.email) == []
    assert service.leftovers(kept.id, kept.email) == before
    assert code(me(deleted)) == (401, "token_refused")
    assert code(refreshed(deleted)) == (401, "session_ended")
    assert code(deleted.sign_in()) == (401, "wrong_credentials")
    log = service.serving.data / "logs" / "AuthFunction.log"
    assert "account_deleted" in log.read_text()


def test_logs_name_no_person_and_no_secret(service: Service, member: Member) -> None:
    member.keep(refreshed(member))
    assert me(member).status_code == 200
    logs = "".join(
        path.read_text() for path in (service.serving.data / "logs").glob("*Function.log")
    )
    assert "refused" in logs
    for secret in (member.email, member.access, member.refresh, PASSWORD, "Ada"):
        assert secret not in logs
