"""Concurrent registrations, sign-ins and refreshes, and how many attempts a flood gets through."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pymongo.database import Database

from heartsense.errors import TooManyAttemptsError
from heartsense.service.accounts import AccountRepository, create_indexes
from heartsense.service.accounts.email_tokens import EmailToken
from heartsense.service.email.address import read_address
from heartsense.service.rate_limiter import LimitKey, RateLimit, RateLimiter
from tests.support.running_service import PASSWORD, Member, Service, new_address, new_member

Documents = Database[dict[str, Any]]
MANY = 50


def at_once(work: Callable[[int], Any], count: int) -> list[Any]:
    """Results of `count` calls that start at the same time."""
    barrier = threading.Barrier(count)

    def start(number: int) -> Any:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(start, range(count)))


def test_fifty_registrations_of_one_address_make_one_account(service: Service) -> None:
    email = new_address()
    browsers = [service.browser() for _ in range(MANY)]

    def register(number: int) -> httpx.Response:
        # All spellings of one mailbox.
        spelling = email.upper() if number % 2 else email
        body = {"name": f"Ada {number}", "email": spelling, "password": PASSWORD}
        return browsers[number].post("/register", json=body)

    answers = at_once(register, MANY)
    assert service.database["accounts"].count_documents({"email_key": email}) == 1
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {202: 3, 429: MANY - 3}  # three mails to an address, then a delay
    assert all(int(a.headers["retry-after"]) >= 1 for a in answers if a.status_code == 429)


def test_fifty_insertions_of_one_address_make_one_account(mongodb: Documents) -> None:
    create_indexes(mongodb)
    store, now = AccountRepository(mongodb), datetime.now(UTC)
    token = EmailToken("digest", now)
    address = read_address("ada@example.org")
    made = at_once(lambda number: store.create(address, f"Ada {number}", b"", token, now), MANY)
    (winner,) = [account for account in made if account]
    assert [d["_id"] for d in mongodb["accounts"].find()] == [winner]


def test_one_of_parallel_refreshes_with_the_same_token_succeeds(service: Service) -> None:
    member = new_member(service, verified=False)
    body = {"refresh_token": member.refresh}
    answers = at_once(lambda _: service.browser().post("/refresh", json=body), 8)
    assert sum(answer.status_code == 200 for answer in answers) <= 1
    # The token was used twice: its session has ended for every client.
    for answer in answers:
        if answer.status_code == 200:
            token = answer.json()["refresh_token"]
            again = member.http.post("/refresh", json={"refresh_token": token})
            assert again.json()["code"] == "session_ended"


def test_one_of_parallel_password_changes_succeeds(service: Service) -> None:
    member = new_member(service, verified=False)

    def change(number: int) -> httpx.Response:
        body = {
            "current_password": PASSWORD,
            "new_password": f"another {number} words entirely",
            "transport": "body",
        }
        return member.http.post("/password/change", json=body, headers=member.headers)

    statuses = sorted(answer.status_code for answer in at_once(change, 3))
    assert statuses.count(200) == 1
    assert len(service.database["accounts"].find_one({"_id": member.id})["sessions"]) == 1  # type: ignore[index]


def test_an_account_has_ten_sessions_at_most(service: Service, mongodb: Documents) -> None:
    member = new_member(service, verified=False)
    accounts = service.database["accounts"]
    (session,) = accounts.find_one({"_id": member.id})["sessions"]  # type: ignore[index]
    more = [{**session, "id": f"{number:024x}"} for number in range(10)]
    accounts.update_one({"_id": member.id}, {"$push": {"sessions": {"$each": more}}})
    assert member.sign_in().status_code == 200
    kept = accounts.find_one({"_id": member.id})["sessions"]  # type: ignore[index]
    assert len(kept) == 10
    assert kept[-1]["id"] == member.refresh.split(".")[1]


# --- the limiter -------------------------------------------------------------------------------


def wrong(email: str, browser: httpx.Client) -> int:
    return browser.post("/login", json={"email": email, "password": "wrong " * 4}).status_code


def test_wrong_passwords_are_rate_limited_after_five_attempts(service: Service) -> None:
    browser, email = service.browser(), new_address()
    statuses = at_once(lambda _: wrong(email, browser), 12)
    assert statuses.count(401) in {5, 6}  # slow machines reach the first second's end
    # On a slow machine the first delays are over by now; each further attempt doubles the next.
    body = {"email": email, "password": PASSWORD}
    answers = (browser.post("/login", json=body) for _ in range(6))
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["code"] == "too_many_attempts"
    assert 1 <= int(refused.headers["retry-after"]) <= 64


def test_one_source_cannot_try_many_addresses(service: Service) -> None:
    browser = service.browser()
    statuses = at_once(lambda _: wrong(new_address(), browser), 26)
    assert 20 <= statuses.count(401) <= 22
    assert statuses.count(429) >= 4


def test_a_stranger_cannot_lock_an_owner_out(service: Service) -> None:
    owner = new_member(service, verified=False)
    assert wrong(owner.email, service.browser()) == 401
    # As after many more.
    later = datetime.now(UTC) + timedelta(minutes=1)
    attempts = service.database["attempts"]
    attempts.update_many({"_id": {"$regex": "^sign-in-address"}}, {"$set": {"allowed_at": later}})
    assert owner.sign_in().status_code == 200  # from where they signed in before
    elsewhere = Member(service, service.browser(), owner.email)
    assert elsewhere.sign_in().status_code == 429
    # Who reads the owner's mail is let in from anywhere.
    asked = elsewhere.http.post("/password/forgot", json={"email": owner.email})
    assert asked.status_code == 202
    elsewhere.password = "another four words entirely"
    body = {"token": service.token(owner.email, 1), "password": elsewhere.password}
    assert elsewhere.http.post("/password/reset", json=body).status_code == 204
    assert elsewhere.sign_in().status_code == 200


def test_an_own_account_gives_no_further_attempts(service: Service) -> None:
    spy = new_member(service, verified=False)
    spy.http = service.browser()
    for _ in range(2):
        assert wrong(new_address(), spy.http) == 401
    assert spy.sign_in().status_code == 200
    # The successful sign-in released its own attempt only.
    newest = service.database["attempts"].find({"_id": {"$regex": "^sign-in-source"}})
    assert newest.sort("expires_at", -1)[0]["count"] == 2


def test_asking_for_the_password_again_is_limited_too(service: Service) -> None:
    member = new_member(service, verified=False)

    def delete(_: int) -> int:
        body = {"password": "wrong"}
        answer = member.http.request("DELETE", "/me", json=body, headers=member.headers)
        return answer.status_code

    statuses = at_once(delete, 10)
    assert statuses.count(403) in {5, 6}
    assert statuses.count(429) >= 4


def test_the_number_of_emails_is_limited(service: Service) -> None:
    victim = new_address()

    def forgot(browser: httpx.Client, email: str) -> int:
        return browser.post("/password/forgot", json={"email": email}).status_code

    statuses = [forgot(service.browser(), victim) for _ in range(5)]
    assert statuses == [202] * 3 + [429] * 2
    browser = service.browser()
    statuses = [forgot(browser, new_address()) for _ in range(12)]
    assert statuses == [202] * 10 + [429] * 2
    body = {"name": "Ada", "email": victim, "subject": "Hi", "message": "Hello."}
    statuses = [browser.post("/contact", json=body).status_code for _ in range(7)]
    assert statuses == [202] * 5 + [429] * 2


@pytest.mark.parametrize("threads", [1, 20])
def test_the_limiter_counts_exactly(mongodb: Documents, threads: int) -> None:
    create_indexes(mongodb)
    limit = RateLimit(
        "test",
        free_attempts=7,
        initial_delay=timedelta(seconds=30),
        max_delay=timedelta(seconds=90),
    )
    key = LimitKey(limit, "somebody")
    limiters = [RateLimiter(mongodb, b"key") for _ in range(threads)]

    def flood(number: int) -> list[int]:
        waits = []
        for _ in range(60 // threads):
            try:
                limiters[number].acquire(key)
                waits.append(0)
            except TooManyAttemptsError as refused:
                waits.append(refused.seconds)
        return waits

    waits = [wait for answer in at_once(flood, threads) for wait in answer]
    assert len(waits) == 60
    assert waits.count(0) == 7
    assert 30 <= max(waits) <= 32
    (kept,) = mongodb["attempts"].find()
    assert kept["count"] == 7
    assert "somebody" not in str(kept)
    assert timedelta(hours=23) < kept["expires_at"] - datetime.now(UTC) <= timedelta(days=1)


def test_simultaneous_free_attempts_never_wait_for_each_other(mongodb: Documents) -> None:
    limit = RateLimit(
        "free", free_attempts=MANY, initial_delay=timedelta(hours=1), max_delay=timedelta(hours=1)
    )
    limiter = RateLimiter(mongodb, b"key")
    for subject in "abcdefghij":
        key = LimitKey(limit, subject)
        assert all_at_once(limiter, key, MANY) == [True] * MANY
        assert not acquires(limiter, key)


def test_delays_double_up_to_the_longest(mongodb: Documents) -> None:
    limit = RateLimit(
        "test",
        free_attempts=1,
        initial_delay=timedelta(seconds=10),
        max_delay=timedelta(seconds=60),
    )
    limiter, past = RateLimiter(mongodb, b"key"), datetime(2020, 1, 1, tzinfo=UTC)
    delays = []
    for _ in range(6):
        limiter.acquire(LimitKey(limit, "x"))
        kept = mongodb["attempts"].find_one()
        assert kept
        delays.append(round((kept["allowed_at"] - datetime.now(UTC)).total_seconds()))
        mongodb["attempts"].update_one({}, {"$set": {"allowed_at": past}})
    assert delays == [10, 20, 40, 60, 60, 60]


def acquires(limiter: RateLimiter, *keys: LimitKey) -> bool:
    try:
        limiter.acquire(*keys)
    except TooManyAttemptsError:
        return False
    return True


def all_at_once(limiter: RateLimiter, key: LimitKey, count: int) -> list[Any]:
    return at_once(lambda _: acquires(limiter, key), count)


@pytest.mark.parametrize("before", [1, 2, 5])
def test_an_attempt_that_a_wider_limit_refuses_does_not_delay_the_narrower(
    mongodb: Documents, before: int
) -> None:
    limit = RateLimit(
        "narrow", free_attempts=2, initial_delay=timedelta(seconds=60), max_delay=timedelta(hours=1)
    )
    narrow, wide = LimitKey(limit, "x"), LimitKey(limit, "everybody")
    limiter = RateLimiter(mongodb, b"key")
    for _ in range(before):
        limiter.acquire(narrow)
        mongodb["attempts"].update_one(
            {}, {"$set": {"allowed_at": datetime(2020, 1, 1, tzinfo=UTC)}}
        )
    assert [acquires(limiter, wide) for _ in range(3)] == [True, True, False]
    assert not any(at_once(lambda _: acquires(limiter, narrow, wide), 12))
    # As often as before, and no sooner or later.
    assert acquires(limiter, narrow)
    assert not acquires(limiter, narrow)
    kept = mongodb["attempts"].find_one({"count": before + 1})
    assert kept
    delay = timedelta(seconds=60 * 2 ** (before - 1))
    assert abs(kept["allowed_at"] - datetime.now(UTC) - delay) < timedelta(seconds=20)


def test_a_released_attempt_leaves_others_delays(mongodb: Documents) -> None:
    limit = RateLimit(
        "test", free_attempts=1, initial_delay=timedelta(seconds=60), max_delay=timedelta(hours=1)
    )
    limiter, key = RateLimiter(mongodb, b"key"), LimitKey(limit, "x")
    first = limiter.acquire(key)
    mongodb["attempts"].update_one({}, {"$set": {"allowed_at": datetime(2020, 1, 1, tzinfo=UTC)}})
    second = limiter.acquire(key)
    limiter.release(*first)
    assert not acquires(limiter, key)
    limiter.release(*second)
    assert acquires(limiter, key)


def test_an_ipv6_source_is_counted_by_its_network(mongodb: Documents) -> None:
    source = RateLimiter(mongodb, b"key").source
    assert source("2001:db8::1") == source("2001:db8::ffff:1")
    assert source("2001:db8::1") != source("2001:db8:0:1::1")
    assert source("::ffff:192.0.2.1") == source("192.0.2.1") != source("192.0.2.2")
    assert source("192.0.2.1") != RateLimiter(mongodb, b"other").source("192.0.2.1")
