"""What a stranger can learn from the auth function's time, and how many tries get through.

Against a running `make serve`, with its environment:

    env $(cat .local/environment) .venv/bin/python tools/measure_accounts.py URL timing

or flood, or throughput.

The accounts that it needs are made in the database, and deleted at the end.
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


def browser(url: str, source: str | None = None) -> httpx.Client:
    """A client at some network address of this machine, so that limits do not answer for it."""
    address = (
        source
        or f"127.{random.randrange(1, 255)}.{random.randrange(255)}.{random.randrange(1, 255)}"
    )
    transport = httpx.HTTPTransport(local_address=address)
    return httpx.Client(base_url=url, transport=transport, timeout=60, trust_env=False)


def address() -> str:
    """An address that has no account."""
    return f"{secrets.token_hex(8)}@example.org"


@contextmanager
def accounts(count: int) -> Iterator[list[tuple[str, str]]]:
    """(id, address) of new accounts with PASSWORD."""
    with MongoClient(os.environ["MONGODB_URI"]) as client:
        store = AccountRepository(client["heartsense"])
        now, password_hash = datetime.now(UTC), hash_password(PASSWORD)
        made = []
        for _ in range(count):
            email = address()
            link = EmailToken("digest", now + timedelta(days=1))
            made.append(
                (str(store.create(read_address(email), "Ada", password_hash, link, now)), email)
            )
        try:
            yield made
        finally:
            for account_id, _ in made:
                store.delete(account_id)


def seconds(url: str, path: str, body: dict[str, str], wanted: set[int]) -> float:
    """How long one answer takes, on a connection that is open already."""
    with browser(url) as client:
        client.options("/login")
        begun = time.perf_counter()
        answer = client.post(path, json=body)
        taken = time.perf_counter() - begun
    if answer.status_code not in wanted:
        sys.exit(f"{path}: {answer.status_code} {answer.text}")
    return taken


def timing(url: str) -> None:
    """Known and unknown addresses in random order: whether their times can be told apart."""
    token = f"{{}}.{secrets.token_urlsafe(32)}"
    unknown_id = secrets.token_hex(12)
    # What is sent for an account (id, address), for nobody, and the statuses of both.
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
    for name, (path, body, wanted) in routes.items():
        with accounts(ROUNDS) as known:
            tries = [(True, *account) for account in known]
            tries += [(False, unknown_id, address()) for _ in known]
            random.shuffle(tries)
            times: dict[bool, list[float]] = {True: [], False: []}
            for is_known, account_id, email in tries:
                times[is_known].append(1000 * seconds(url, path, body(account_id, email), wanted))
        report(name, np.array(times[True]), np.array(times[False]))


def report(name: str, known: np.ndarray, unknown: np.ndarray) -> None:
    """Medians; how often a known one takes longer (AUC, 0.5 is chance); two tests."""
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


def tries(url: str, email: str, count: int, source: str | None) -> Counter[int]:
    """Statuses of sign-ins with a wrong password, eight at a time."""

    def one(_: int) -> int:
        with browser(url, source) as client:
            body = {"email": email, "password": "wrong " * 4}
            return client.post("/login", json=body).status_code

    with ThreadPoolExecutor(8) as pool:
        return Counter(pool.map(one, range(count)))


def flood(url: str) -> None:
    """500 wrong passwords for one address from two processes: how many were checked."""
    for words, source in (("one source", "127.66.6.6"), ("any source", None)):
        with accounts(1) as [(_, email)], ProcessPoolExecutor(2) as pool:
            begun = time.perf_counter()
            share = ATTEMPTS // 2
            parts = [pool.submit(tries, url, email, share, source) for _ in range(2)]
            statuses = sum((part.result() for part in parts), Counter())
            taken = time.perf_counter() - begun
        print(
            f"{words}: {ATTEMPTS} tries in {taken:.1f} s; checked {statuses[401]}, "
            f"refused {statuses[429]}, other {ATTEMPTS - statuses[401] - statuses[429]}"
        )


def throughput(url: str) -> None:
    """Good sign-ins a second, alone and while a flood is on from elsewhere."""
    with accounts(200) as known:
        measure("alone", url, [email for _, email in known[:100]])
        stop, refused = threading.Event(), Counter[int]()

        def nuisance() -> None:
            while not stop.is_set():
                refused.update(tries(url, known[0][1], 40, "127.66.6.7"))

        threads = [threading.Thread(target=nuisance) for _ in range(2)]
        begun = time.perf_counter()
        for thread in threads:
            thread.start()
        measure("under a flood of 16 at a time", url, [email for _, email in known[100:]])
        stop.set()
        for thread in threads:
            thread.join()
        rate = sum(refused.values()) / (time.perf_counter() - begun)
        print(
            f"the flood: {rate:.0f} tries a second, checked {refused[401]}, refused {refused[429]}"
        )


def measure(words: str, url: str, emails: list[str]) -> None:
    """Sign in to each, two at a time."""

    def one(email: str) -> float:
        return seconds(url, "/login", {"email": email, "password": PASSWORD}, {200})

    begun = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        taken = np.array(list(pool.map(one, emails)))
    rate = len(emails) / (time.perf_counter() - begun)
    p50, p95 = 1000 * np.quantile(taken, [0.5, 0.95])
    print(f"{words}: {rate:.1f} sign-ins a second, p50 {p50:.0f} ms, p95 {p95:.0f} ms", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("what", choices=["timing", "flood", "throughput"])
    chosen = parser.parse_args()
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")
    {"timing": timing, "flood": flood, "throughput": throughput}[chosen.what](chosen.url)
