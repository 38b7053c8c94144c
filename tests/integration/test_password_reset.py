"""A password reset over HTTP: its link works once, and tells nothing afterwards."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx
import pytest

from heartsense.service.predictions import PAGE_IMAGE, MongoPredictionRepository
from heartsense.service.predictions.prediction import Outcome
from heartsense.service.predictions.storage import artifact_key
from tests.support.devstack_process import eventually
from tests.support.running_service import (
    BUCKET,
    PASSWORD,
    Member,
    Service,
    new_member,
    plain_text,
)
from tests.support.sample_results import classified_sample

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


# --- an address that somebody else registered ---------------------------------------------------


def stored_prediction(service: Service, owner: str) -> str:
    """A finished prediction with a picture."""
    made = MongoPredictionRepository(service.database).create(owner, 1, True, datetime.now(UTC))
    outcome = Outcome(
        f"{owner}-{made.id}", classified_sample("normal.png").result, None, "5" * 64, "1.0.0"
    )
    MongoPredictionRepository(service.database).finish(made.id, outcome, datetime.now(UTC))
    key = artifact_key(owner, made.id, PAGE_IMAGE)
    service.serving.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"a stranger's picture")
    return made.id


def test_an_address_confirmed_by_recovery_gets_an_empty_account(service: Service) -> None:
    stranger = new_member(service, verified=False)
    name = {"name": "A Stranger"}
    renamed = stranger.http.patch("/me", json=name, headers=stranger.headers)
    assert renamed.status_code == 200
    stored_prediction(service, stranger.id)
    upload = {"content_type": "image/png", "size": 3}
    begun = stranger.http.post("/uploads", json=upload, headers=stranger.headers).json()

    owner = Member(service, service.browser(), stranger.email, OTHER)
    token = asked(service, owner, 1)
    assert "was never confirmed" in plain_text(service.mail(owner.email, 1))
    assert reset(owner, token, attempt="a1").status_code == 204
    assert reset(owner, token, attempt="a1").status_code == 204
    assert code(reset(owner, token)) == (400, "link_refused")
    assert owner.sign_in().status_code == 200
    me = owner.http.get("/me", headers=owner.headers).json()
    assert (me["email"], me["verified"], me["name"]) == (owner.email, True, "")
    assert owner.http.get("/predictions", headers=owner.headers).json()["items"] == []

    assert service.leftovers(stranger.id, "A Stranger") == []
    assert code(stranger.sign_in()) == (401, "wrong_credentials")
    assert code(stranger.http.get("/me", headers=stranger.headers)) == (401, "token_refused")
    refresh = {"refresh_token": stranger.refresh}
    assert code(stranger.http.post("/refresh", json=refresh)) == (401, "session_ended")
    # What was on its way arrives nowhere.
    with service.browser() as late:
        form = begun["fields"]
        late.post(begun["url"], data=form, files={"file": ("x", b"png")}).raise_for_status()
    s3, upload_folder = service.serving.client("s3"), f"uploads/{stranger.id}/"

    def uploads() -> int:
        found: int = s3.list_objects_v2(Bucket=BUCKET, Prefix=upload_folder)["KeyCount"]
        return found

    assert eventually(lambda: uploads() == 0)
    assert service.leftovers(stranger.id) == []
    assert owner.http.get("/predictions", headers=owner.headers).json()["items"] == []


@pytest.mark.parametrize("verified", [True, False])
def test_one_of_parallel_resets_with_the_same_link_wins(service: Service, verified: bool) -> None:
    owner = new_member(service, verified=verified)
    token = asked(service, owner, 1)
    passwords = [f"another {number} words entirely" for number in range(4)]
    with ThreadPoolExecutor(len(passwords)) as pool:
        answers = [*pool.map(lambda password: reset(owner, token, password), passwords)]
    assert sorted(answer.status_code for answer in answers) == [204, 400, 400, 400]
    statuses = [answer.status_code for answer in answers]
    owner.password = passwords[statuses.index(204)]
    assert owner.sign_in().status_code == 200
    assert service.database["accounts"].count_documents({"email_key": owner.email}) == 1


def test_a_confirmed_address_keeps_its_data_at_a_reset(service: Service, member: Member) -> None:
    kept = stored_prediction(service, member.id)
    assert reset(member, asked(service, member, 1)).status_code == 204
    member.password = OTHER
    assert member.sign_in().status_code == 200
    listed = member.http.get("/predictions", headers=member.headers).json()["items"]
    assert [item["id"] for item in listed] == [kept]
    assert member.http.get("/me", headers=member.headers).json()["name"] == "Ada"
