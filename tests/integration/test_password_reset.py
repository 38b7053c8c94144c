"""A password reset over HTTP: its link works once, and tells nothing afterwards."""

import httpx
import pytest

from tests.support.running_service import PASSWORD, Member, Service, new_member

OTHER = "another four words entirely"
GUESSES = 60


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def reset(member: Member, token: str, password: str = OTHER, **more: str) -> httpx.Response:
    body = {"token": token, "password": password, **more}
    return member.http.post("/password/reset", json=body)


def asked(service: Service, member: Member, number: int) -> str:
    """The token of a new link; `number` e-mails went to this address before it."""
    answer = member.http.post("/password/forgot", json={"email": member.email})
    assert answer.status_code == 202
    return service.token(member.email, number)


@pytest.fixture
def member(service: Service) -> Member:
    return new_member(service)


def test_a_password_is_reset_by_the_newest_mail_once(service: Service, member: Member) -> None:
    older, newer = asked(service, member, 1), asked(service, member, 2)
    assert code(reset(member, older)) == (400, "link_refused")
    assert code(reset(member, newer, "short")) == (422, "weak_password")  # the link still works
    assert reset(member, newer).status_code == 204
    assert code(member.http.get("/me", headers=member.headers)) == (401, "token_refused")
    assert code(member.sign_in()) == (401, "wrong_credentials")
    member.password = OTHER
    assert member.sign_in().status_code == 200
    assert service.mail(member.email, 3)["Subject"] == "Your HeartSense password was changed"


def test_a_spent_link_tells_no_right_password_from_a_wrong_one(
    service: Service, member: Member
) -> None:
    token = asked(service, member, 1)
    assert reset(member, token).status_code == 204
    for password in (PASSWORD, OTHER, "short"):
        assert code(reset(member, token, password)) == (400, "link_refused")


def test_a_reset_whose_response_was_lost_can_be_repeated(service: Service, member: Member) -> None:
    token = asked(service, member, 1)
    assert reset(member, token, attempt="a1").status_code == 204
    # Whatever the password: a repetition checks and changes none.
    for password in (OTHER, PASSWORD):
        assert reset(member, token, password, attempt="a1").status_code == 204
    assert code(reset(member, token, attempt="guessed")) == (400, "link_refused")
    member.password = OTHER
    assert member.sign_in().status_code == 200
    assert len(service.mails(member.email)) == 3  # of the new password one e-mail told
    long_ago = {"$set": {"spent_reset.repeatable_until": member_since(service, member)}}
    service.database["accounts"].update_one({"_id": member.id}, long_ago)
    assert code(reset(member, token, attempt="a1")) == (400, "link_refused")


def member_since(service: Service, member: Member) -> object:
    account = service.database["accounts"].find_one({"_id": member.id})
    assert account
    return account["created_at"]


def test_a_flood_on_a_link_is_limited(service: Service, member: Member) -> None:
    token = asked(service, member, 1)
    assert reset(member, token).status_code == 204
    answers = [reset(member, token, f"guess number {number}") for number in range(GUESSES)]
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(400) <= 25  # slow machines reach the first delays' ends
    assert set(statuses) == {400, 429}
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["code"] == "too_many_attempts"
    assert int(refused.headers["retry-after"]) >= 1
    # Others are not delayed.
    assert code(reset(new_member(service), token)) == (400, "link_refused")
