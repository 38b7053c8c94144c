"""Second factors over HTTP: authenticator apps, passkeys, recovery codes, and who needs one."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np
import pyotp
import pytest
import zxingcpp

from tests.integration.test_auth_flow import code
from tests.integration.test_report_http import Sender
from tests.support.authenticator import Authenticator
from tests.support.running_service import PASSWORD, Member, Service, new_member, plain_text

FACTORS = "/me/second-factors"


def post(member: Member, path: str, **body: Any) -> httpx.Response:
    return member.http.post(path, json=body, headers=member.headers)


def first_step(member: Member) -> dict[str, Any]:
    """What signing in with the password alone gives."""
    answer = member.http.post("/login", json={"email": member.email, "password": PASSWORD})
    assert answer.status_code == 202, answer.text
    assert "set-cookie" not in answer.headers
    body: dict[str, Any] = answer.json()
    assert body["code"] == "second_factor_required"
    assert "access_token" not in body
    return body


def second_step(member: Member, challenge: str, **proof: Any) -> httpx.Response:
    body = {"challenge": challenge, "transport": "body", **proof}
    return member.http.post("/login/second-factor", json=body)


def add_app(member: Member) -> tuple[pyotp.TOTP, list[str]]:
    """An app, and the recovery codes."""
    app, codes, _ = add_app_with_code(member)
    return app, codes


def add_app_with_code(member: Member) -> tuple[pyotp.TOTP, list[str], str]:
    """An app, the recovery codes, and the app's code that confirmed it."""
    begun = post(member, f"{FACTORS}/totp", password=PASSWORD)
    assert begun.status_code == 200, begun.text
    app = pyotp.parse_uri(begun.json()["uri"])
    assert isinstance(app, pyotp.TOTP)
    assert app.secret == begun.json()["secret"]
    assert scanned(begun.json()["qr_code"]) == begun.json()["uri"]
    used = app.now()
    added = post(member, f"{FACTORS}/totp/confirm", name="Phone", code=used)
    assert added.status_code == 201, added.text
    return app, added.json()["recovery_codes"], used


def scanned(rows: list[str]) -> str:
    """What a phone reads off the QR code."""
    dark = np.array([[module == "1" for module in row] for row in rows])
    picture = np.where(np.pad(dark, 4).repeat(4, 0).repeat(4, 1), 0, 255).astype(np.uint8)
    (code,) = zxingcpp.read_barcodes(picture)
    return str(code.text)


def add_passkey(member: Member, authenticator: Authenticator) -> httpx.Response:
    begun = post(member, f"{FACTORS}/passkey", password=PASSWORD)
    assert begun.status_code == 200, begun.text
    credential = authenticator.create(begun.json()["options"])
    return post(member, f"{FACTORS}/passkey/confirm", name="Key", credential=credential)


def forget_last_code(member: Member) -> None:
    """As if the app's last code had been used a while ago."""
    member.service.database["accounts"].update_one(
        {"_id": member.id}, {"$set": {"second_factors.0.last_step": 0}}
    )


@pytest.fixture
def member(service: Service) -> Member:
    return new_member(service)


def test_an_account_with_an_app_needs_its_code_which_works_once(member: Member) -> None:
    app, codes, used = add_app_with_code(member)
    assert len({*codes}) == 10
    found = member.http.get(FACTORS, headers=member.headers).json()
    assert [(item["kind"], item["name"]) for item in found["items"]] == [("totp", "Phone")]
    assert (found["recovery_codes_left"], found["required"]) == (10, False)
    step = first_step(member)
    assert step["methods"] == ["totp", "recovery_code"]
    # The code that confirmed the app does not sign in as well.
    assert code(second_step(member, step["challenge"], code=used)) == (403, "wrong_second_factor")
    forget_last_code(member)
    now = app.now()
    member.keep(second_step(member, step["challenge"], code=now))
    assert member.http.get("/me", headers=member.headers).status_code == 200
    # Neither the challenge nor, with a new one, the code works again.
    assert code(second_step(member, step["challenge"], code=now)) == (401, "session_ended")
    replay = second_step(member, first_step(member)["challenge"], code=now)
    assert code(replay) == (403, "wrong_second_factor")


def test_of_parallel_sign_ins_with_one_code_one_succeeds(member: Member) -> None:
    app, _ = add_app(member)
    forget_last_code(member)
    challenges = [first_step(member)["challenge"] for _ in range(4)]
    now = app.now()
    with ThreadPoolExecutor(4) as pool:
        answers = [*pool.map(lambda one: second_step(member, one, code=now), challenges)]
    assert sorted(answer.status_code for answer in answers) == [200, 403, 403, 403]


def test_wrong_codes_are_rate_limited_even_when_the_right_one_follows(member: Member) -> None:
    app, codes = add_app(member)
    forget_last_code(member)
    wrong = f"{(int(app.now()) + 1) % 10**6:06}"
    refused = [second_step(member, first_step(member)["challenge"], code=wrong) for _ in range(5)]
    assert {code(answer) for answer in refused} == {(403, "wrong_second_factor")}
    challenge = first_step(member)["challenge"]
    for proof in ({"code": app.now()}, {"recovery_code": codes[0]}):
        stopped = second_step(member, challenge, **proof)
        assert code(stopped) == (429, "too_many_attempts")
        assert int(stopped.headers["retry-after"]) > 20
    # From another network, too: whoever gets here knows the password.
    other = Member(member.service, member.service.browser(), member.email)
    assert second_step(other, challenge, code=app.now()).status_code == 429


def test_a_challenge_expires_and_ends_with_a_new_password(member: Member) -> None:
    _, codes = add_app(member)
    accounts = member.service.database["accounts"]
    challenge = first_step(member)["challenge"]
    past = datetime.now(UTC) - timedelta(seconds=1)
    late = {"sign_in_challenges.0.expires_at": past}
    accounts.update_one({"_id": member.id}, {"$set": late})
    expired = second_step(member, challenge, recovery_code=codes[0])
    assert code(expired) == (401, "session_ended")
    challenge = first_step(member)["challenge"]
    changed = post(
        member,
        "/password/change",
        current_password=PASSWORD,
        new_password="another four words entirely",
    )
    assert changed.status_code == 200
    ended = second_step(member, challenge, recovery_code=codes[0])
    assert code(ended) == (401, "session_ended")


def test_recovery_codes_work_once_each_and_are_stored_as_digests(member: Member) -> None:
    _, codes = add_app(member)
    stored = repr(member.service.database["accounts"].find_one({"_id": member.id}))
    assert not [found for found in codes if found in stored or found.replace("-", "") in stored]
    typed = f" {codes[3].lower().replace('-', ' ')} "
    member.keep(second_step(member, first_step(member)["challenge"], recovery_code=typed))
    found = member.http.get(FACTORS, headers=member.headers).json()
    assert found["recovery_codes_left"] == 9
    again = second_step(member, first_step(member)["challenge"], recovery_code=codes[3])
    assert code(again) == (403, "wrong_second_factor")
    replaced = post(member, "/me/recovery-codes", password=PASSWORD)
    assert replaced.status_code == 201
    old = second_step(member, first_step(member)["challenge"], recovery_code=codes[4])
    assert code(old) == (403, "wrong_second_factor")
    new = replaced.json()["recovery_codes"][0]
    member.keep(second_step(member, first_step(member)["challenge"], recovery_code=new))


def test_the_secret_of_an_app_is_stored_encrypted(member: Member) -> None:
    app, _ = add_app(member)
    stored = member.service.database["accounts"].find_one({"_id": member.id})
    assert app.secret not in repr(stored)
    assert app.byte_secret() not in stored["second_factors"][0]["secret"]  # type: ignore[index]


def test_a_passkey_signs_in_and_its_response_works_once(member: Member) -> None:
    authenticator = Authenticator(member.service.url)
    added = add_passkey(member, authenticator)
    assert added.status_code == 201, added.text
    assert len(added.json()["recovery_codes"]) == 10
    step = first_step(member)
    assert step["methods"] == ["passkey", "recovery_code"]
    signed = authenticator.get(step["passkey_options"])
    member.keep(second_step(member, step["challenge"], passkey=signed))
    ended = second_step(member, step["challenge"], passkey=signed)
    assert code(ended) == (401, "session_ended")
    replay = second_step(member, first_step(member)["challenge"], passkey=signed)
    assert code(replay) == (403, "wrong_second_factor")


def test_a_forged_passkey_is_refused(member: Member) -> None:
    service = member.service
    authenticator = Authenticator(service.url)
    assert add_passkey(member, authenticator).status_code == 201
    step = first_step(member)
    forged = Authenticator(service.url)  # signs with another key
    forged.id = authenticator.id
    phished = Authenticator("https://heartsense.example.com")
    phished.id, phished._key = authenticator.id, authenticator._key
    copied = Authenticator(service.url)  # has signed less often than the original
    copied.id, copied._key = authenticator.id, authenticator._key
    member.keep(
        second_step(member, step["challenge"], passkey=authenticator.get(step["passkey_options"]))
    )
    step = first_step(member)
    for wrong in (forged, phished, copied):
        signed = wrong.get(step["passkey_options"])
        refused = second_step(member, step["challenge"], passkey=signed)
        assert code(refused) == (403, "wrong_second_factor")
    for odd in ({}, {"rawId": 1}, {"rawId": "AA"}, {**signed, "response": {"signature": []}}):
        refused = second_step(member, step["challenge"], passkey=odd)
        assert refused.status_code in {403, 429}


def test_a_passkey_of_another_page_or_challenge_cannot_be_added(member: Member) -> None:
    elsewhere = add_passkey(member, Authenticator("https://heartsense.example.com"))
    assert code(elsewhere) == (403, "wrong_second_factor")
    authenticator = Authenticator(member.service.url)
    options = post(member, f"{FACTORS}/passkey", password=PASSWORD).json()["options"]
    post(member, f"{FACTORS}/passkey", password=PASSWORD)
    stale = authenticator.create(options)
    answer = post(member, f"{FACTORS}/passkey/confirm", name="Key", credential=stale)
    assert code(answer) == (403, "wrong_second_factor")
    assert member.http.get(FACTORS, headers=member.headers).json()["items"] == []


def test_adding_and_removing_need_the_password_and_are_told_by_mail(member: Member) -> None:
    for path in (f"{FACTORS}/totp", f"{FACTORS}/passkey", "/me/recovery-codes"):
        assert code(post(member, path, password="wrong words")) == (403, "wrong_password")
    nothing = post(member, f"{FACTORS}/totp/confirm", name="Phone", code="000000")
    assert code(nothing) == (403, "wrong_second_factor")
    add_app(member)
    (factor,) = member.http.get(FACTORS, headers=member.headers).json()["items"]

    def remove(password: str, factor_id: str = factor["id"]) -> httpx.Response:
        path = f"{FACTORS}/{factor_id}"
        body = {"password": password}
        return member.http.request("DELETE", path, json=body, headers=member.headers)

    assert code(remove("wrong words")) == (403, "wrong_password")
    assert code(remove(PASSWORD, "made-up")) == (404, "no_such_second_factor")
    assert remove(PASSWORD).status_code == 204
    assert code(remove(PASSWORD)) == (404, "no_such_second_factor")
    subjects = [mail["Subject"] for mail in member.service.mails(member.email)]
    assert subjects.count("Two-step sign-in of your HeartSense account was changed") == 2
    assert member.sign_in().status_code == 200  # by the password alone again
    account = member.service.database["accounts"].find_one({"_id": member.id})
    assert account is not None
    assert "recovery_codes" not in account


def test_the_first_factor_ends_the_sessions_of_the_password_alone(member: Member) -> None:
    other = Member(member.service, member.service.browser(), member.email)
    assert other.sign_in().status_code == 200
    add_app(member)
    assert code(other.http.get("/me", headers=other.headers)) == (401, "token_refused")
    assert member.http.get("/me", headers=member.headers).status_code == 200
    add_passkey(member, Authenticator(member.service.url))
    kinds = [
        item["kind"] for item in member.http.get(FACTORS, headers=member.headers).json()["items"]
    ]
    assert kinds == ["totp", "passkey"]


def test_doctors_and_administrators_open_no_data_of_others_without_one(service: Service) -> None:
    found = Sender(service).predicted()
    for role, path in (
        ("doctor", f"/predictions/{found}"),
        ("doctor", f"/predictions/{found}/picture"),
        ("doctor", "/reviews"),
        ("administrator", "/feedback/export"),
    ):
        person = Sender(service, role)
        assert person.http.get(path).status_code == 200
        assert person.http.get(FACTORS).json()["required"] is True
        without = {"$unset": {"second_factors": ""}}
        service.database["accounts"].update_one({"_id": person.person.id}, without)
        assert code(person.http.get(path)) == (403, "second_factor_missing")
        own = person.predicted()
        assert person.http.get(f"/predictions/{own}").status_code == 200


# --- Sessions ------------------------------------------------------------------------------------


def test_sessions_are_listed_and_ended_one_by_one(member: Member) -> None:
    other = Member(member.service, member.service.browser(), member.email)
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    other.http.headers["User-Agent"] = firefox
    assert other.sign_in().status_code == 200
    items = member.http.get("/me/sessions", headers=member.headers).json()["items"]
    assert [(item["device"], item["current"]) for item in items] == [
        ("Firefox on Linux", False),
        ("python-httpx", True),
    ]
    assert items[0].keys() == {"id", "device", "created_at", "last_seen_at", "current"}
    before = items[0]["last_seen_at"]
    other.keep(other.http.post("/refresh", json={"refresh_token": other.refresh}))
    items = member.http.get("/me/sessions", headers=member.headers).json()["items"]
    assert items[0]["last_seen_at"] > before
    assert items[0]["created_at"] < items[0]["last_seen_at"]
    ended = member.http.delete(f"/me/sessions/{items[0]['id']}", headers=member.headers)
    assert ended.status_code == 204
    assert code(other.http.get("/me", headers=other.headers)) == (401, "token_refused")
    lost = other.http.post("/refresh", json={"refresh_token": other.refresh})
    assert code(lost) == (401, "session_ended")
    assert member.http.get("/me", headers=member.headers).status_code == 200


def test_nobody_ends_a_session_of_another_account(service: Service, member: Member) -> None:
    stranger = new_member(service, verified=False)
    (session,) = member.http.get("/me/sessions", headers=member.headers).json()["items"]
    stranger.http.delete(f"/me/sessions/{session['id']}", headers=stranger.headers)
    assert member.http.get("/me", headers=member.headers).status_code == 200


def test_a_sign_in_from_a_new_device_is_told_by_mail(member: Member) -> None:
    subject = "New sign-in to your HeartSense account"

    def notices() -> list[str]:
        mails = member.service.mails(member.email)
        return [plain_text(mail) for mail in mails if mail["Subject"] == subject]

    assert member.sign_in().status_code == 200
    assert notices() == []  # the first device, and the same again
    stranger = Member(member.service, member.service.browser(), member.email)
    stranger.http.headers["User-Agent"] = "curl/8.0 <b>https://example.com</b>"
    assert stranger.sign_in().status_code == 200
    (text,) = notices()
    assert re.search(r"curl, \d{4}-\d\d-\d\d \d\d:\d\d UTC", text)
    assert "example.com" not in text
    assert stranger.sign_in().status_code == 200
    assert len(notices()) == 1
