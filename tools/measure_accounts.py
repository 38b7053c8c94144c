"""Measure what response times reveal about accounts, and how many sign-in attempts get through.

Run it against `make serve`, with its environment:

    env $(cat .local/environment) .venv/bin/python tools/measure_accounts.py URL timing

The other measurements are flood and throughput. Accounts are created in the database and deleted
at the end.
"""

import argparse
import os
import random
import secrets
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np
from pymongo import MongoClient
from scipy.stats import mannwhitneyu

from heartsense.service.accounts import AccountRepository
from heartsense.service.accounts.email_tokens import EmailToken
from heartsense.service.accounts.passwords import hash_password
from heartsense.service.email.address import read_address

PASSWORD = "four words that do not belong"
ROUNDS = 100
ATTEMPTS = 500


def client_from(url: str, source: str | None = None) -> httpx.Client:
    """A client with its own loopback address, so that rate limits count it alone."""
    address = (
        source
        or f"127.{random.randrange(1, 255)}.{random.randrange(255)}.{random.randrange(1, 255)}"
    )
    transport = httpx.HTTPTransport(local_address=address)
    return httpx.Client(base_url=url, transport=transport, timeout=60, trust_env=False)


def new_address() -> str:
    """An e-mail address without an account."""
    return f"{secrets.token_hex(8)}@example.org"


@contextmanager
def accounts(count: int) -> Iterator[list[tuple[str, str]]]:
    """Create accounts with PASSWORD; yields their (id, address)."""
    with MongoClient[dict[str, Any]](os.environ["MONGODB_URI"]) as client:
        repository = AccountRepository(client["heartsense"])
        now, password_hash = datetime.now(UTC), hash_password(PASSWORD)
        created = []
        for _ in range(count):
            email = new_address()
            token = EmailToken("digest", now + timedelta(days=1))
            created.append(
                (
                    str(repository.create(read_address(email), "Ada", password_hash, token, now)),
                    email,
                )
            )
        try:
            yield created
        finally:
            for account_id, _ in created:
                repository.delete(account_id)


def response_time(url: str, path: str, body: dict[str, str], expected: set[int]) -> float:
    """Seconds until the response, on a connection that is already open."""
    with client_from(url) as client:
        client.options("/login")
        start = time.perf_counter()
        response = client.post(path, json=body)
        elapsed = time.perf_counter() - start
    if response.status_code not in expected:
        sys.exit(f"{path}: {response.status_code} {response.text}")
    return elapsed


def timing(url: str) -> None:
    """Compare response times for known and unknown addresses, sent in random order."""
    token = f"{{}}.{secrets.token_urlsafe(32)}"
    unknown_id = secrets.token_hex(12)
    # Path, body for an account's (id, address), and the expected statuses.
    routes: dict[str, tuple[str, Callable[[str, str], dict[str, str]], set[int]]] = {
        "login": ("/login", lambda _, e: {"email": e, "password": "wrong " * 4}, {401}),
        "register": (
            "/register",
            lambda _, e: {"name": "Eve", "email": e, "password": "other words of a stranger"},
            {202},
        ),
        "forgot": ("/password/forgot", lambda _, e: {"email": e}, {202}),
        "verify": ("/verify", lambda i, _: {"token": token.format(i)}, {400}),
        "reset": (
            "/password/reset",
            lambda i, _: {"token": token.format(i), "password": PASSWORD},
            {400},
        ),
    }
    print("route         n  known ms  unknown ms    AUC  U test p  perm. p")
    for name, (path, body, expected) in routes.items():
        with accounts(ROUNDS) as known:
            requests = [(True, *account) for account in known]
            requests += [(False, unknown_id, new_address()) for _ in known]
            random.shuffle(requests)
            times: dict[bool, list[float]] = {True: [], False: []}
            for is_known, account_id, email in requests:
                times[is_known].append(
                    1000 * response_time(url, path, body(account_id, email), expected)
                )
        report(name, np.array(times[True]), np.array(times[False]))


def report(name: str, known: np.ndarray, unknown: np.ndarray) -> None:
    """Print medians, how often a known address takes longer (AUC, 0.5 is chance), two p-values."""
    test = mannwhitneyu(known, unknown)
    auc = test.statistic / (len(known) * len(unknown))
    pooled, random_state = np.concatenate([known, unknown]), np.random.default_rng(1)
    shuffled = [random_state.permutation(pooled) for _ in range(5000)]
    gaps = np.array(
        [abs(np.median(s[: len(known)]) - np.median(s[len(known) :])) for s in shuffled]
    )
    p = float(np.mean(gaps >= abs(np.median(known) - np.median(unknown))))
    print(
        f"{name:10} {len(known):4} {np.median(known):9.1f} {np.median(unknown):11.1f} "
        f"{auc:6.3f} {test.pvalue:9.3f} {p:8.3f}",
        flush=True,
    )


def failed_sign_ins(url: str, email: str, count: int, source: str | None) -> Counter[int]:
    """Statuses of sign-ins with a wrong password, eight at a time."""

    def sign_in(_: int) -> int:
        with client_from(url, source) as client:
            body = {"email": email, "password": "wrong " * 4}
            return client.post("/login", json=body).status_code

    with ThreadPoolExecutor(8) as pool:
        return Counter(pool.map(sign_in, range(count)))


def flood(url: str) -> None:
    """Send 500 wrong passwords for one address; count how many were checked."""
    for label, source in (("one source", "127.66.6.6"), ("any source", None)):
        with accounts(1) as [(_, email)], ProcessPoolExecutor(2) as pool:
            start = time.perf_counter()
            share = ATTEMPTS // 2
            parts = [pool.submit(failed_sign_ins, url, email, share, source) for _ in range(2)]
            statuses = sum((part.result() for part in parts), Counter())
            elapsed = time.perf_counter() - start
        print(
            f"{label}: {ATTEMPTS} attempts in {elapsed:.1f} s; checked {statuses[401]}, "
            f"refused {statuses[429]}, other {ATTEMPTS - statuses[401] - statuses[429]}"
        )


def throughput(url: str) -> None:
    """Measure successful sign-ins a second, alone and during a flood from another source."""
    with accounts(200) as known:
        measure("alone", url, [email for _, email in known[:100]])
        stop, statuses = threading.Event(), Counter[int]()

        def send_flood() -> None:
            while not stop.is_set():
                statuses.update(failed_sign_ins(url, known[0][1], 40, "127.66.6.7"))

        threads = [threading.Thread(target=send_flood) for _ in range(2)]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        measure("under a flood of 16 at a time", url, [email for _, email in known[100:]])
        stop.set()
        for thread in threads:
            thread.join()
        rate = sum(statuses.values()) / (time.perf_counter() - start)
        print(
            f"the flood: {rate:.0f} attempts a second, "
            f"checked {statuses[401]}, refused {statuses[429]}"
        )


def measure(label: str, url: str, emails: list[str]) -> None:
    """Sign in to each account, two at a time, and print the rate and latencies."""

    def sign_in(email: str) -> float:
        return response_time(url, "/login", {"email": email, "password": PASSWORD}, {200})

    start = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        times = np.array(list(pool.map(sign_in, emails)))
    rate = len(emails) / (time.perf_counter() - start)
    p50, p95 = 1000 * np.quantile(times, [0.5, 0.95])
    print(f"{label}: {rate:.1f} sign-ins a second, p50 {p50:.0f} ms, p95 {p95:.0f} ms", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("measurement", choices=["timing", "flood", "throughput"])
    arguments = parser.parse_args()
    print(f"load average: {os.getloadavg()[0]:.1f}")
    {"timing": timing, "flood": flood, "throughput": throughput}[arguments.measurement](
        arguments.url
    )
