"""One source floods the service while another works; what the other one notices."""

import asyncio
import math
import statistics
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.paths import SAMPLES
from tests.support.running_service import Member

SAMPLE = (SAMPLES / "inferior-infarction.png").read_bytes()
PNG = {"Content-Type": "image/png"}
TIMEOUT = 35.0  # seconds; longer than the gateway waits

Request = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]


@dataclass
class Noticed:
    """Statuses and durations in seconds of one kind of request."""

    statuses: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def success(self) -> float:
        return sum(status < 400 for status in self.statuses) / len(self.statuses)

    @property
    def p50(self) -> float:
        return statistics.median(self.seconds)

    @property
    def p95(self) -> float:
        return sorted(self.seconds)[math.ceil(0.95 * len(self.seconds)) - 1]


@dataclass
class Flood:
    """What a flood of some seconds did: by kind of request, to the attacker and to the victim."""

    attacker: dict[str, Noticed]
    victim: dict[str, Noticed]

    def table(self) -> str:
        lines = [f"{'second source':<18}{'requests':>9}{'success':>9}{'p50, s':>9}{'p95, s':>9}"]
        lines += [
            f"{kind:<18}{len(found.statuses):>9}{found.success:>9.0%}"
            f"{found.p50:>9.2f}{found.p95:>9.2f}  "
            f"{' '.join(str(status) for status in sorted({*found.statuses}) if status >= 400)}"
            for kind, found in self.victim.items()
        ]
        lines += [
            f"first source, {kind}: {len(found.statuses)} requests, {found.success:.0%} let through"
            for kind, found in self.attacker.items()
        ]
        return "\n".join(lines)


async def flood(
    url: str, attacker: Member, victim: Member, seconds: float, rate: float = 20.0
) -> Flood:
    """Send `rate` requests a second each to predict, sign in and upload; work from elsewhere."""
    attacks: dict[str, Request] = {
        "predict": lambda http: http.post("/predict", content=SAMPLE, headers=PNG),
        "login": lambda http: http.post(
            "/login", json={"email": "nobody@example.org", "password": "wrong guess"}
        ),
        "uploads": lambda http: _upload(http, attacker),
    }
    did, noticed = defaultdict[str, Noticed](Noticed), defaultdict[str, Noticed](Noticed)
    end = time.monotonic() + seconds
    async with (
        client_from(url, "127.66.0.1") as first,
        client_from(url, "127.77.0.1") as second,
        asyncio.TaskGroup() as group,
    ):
        for kind, attack in attacks.items():
            group.create_task(_attack(first, attack, did[kind], rate, end))
        # Only the upload waits for the queue; the others are done one after the other.
        group.create_task(_whole_upload(second, victim, noticed["upload to result"]))
        for kind, request in requests_of(victim).items():
            group.create_task(work(second, request, noticed[kind], lambda: time.monotonic() >= end))
    return Flood(dict(did), dict(sorted(noticed.items())))


def requests_of(member: Member) -> dict[str, Request]:
    """What somebody who works with the service sends."""
    return {
        "GET /predictions": lambda http: http.get("/predictions", headers=member.headers),
        "POST /uploads": lambda http: http.post(
            "/uploads",
            json={"content_type": "image/png", "size": len(SAMPLE)},
            headers=member.headers,
        ),
        "POST /login": lambda http: _sign_in(http, member),
        "POST /predict": lambda http: http.post("/predict", content=SAMPLE, headers=PNG),
    }


async def _sign_in(http: httpx.AsyncClient, member: Member) -> httpx.Response:
    """Sign in and go on with the new session: an account's older ones end after some more."""
    answer = await http.post("/login", json={"email": member.email, "password": member.password})
    if answer.status_code == 200:
        member.access = answer.json()["access_token"]
    return answer


async def _attack(
    http: httpx.AsyncClient, request: Request, noticed: Noticed, rate: float, end: float
) -> None:
    """Send without waiting for answers."""
    async with asyncio.TaskGroup() as group:
        while time.monotonic() < end:
            group.create_task(_timed(http, request, noticed))
            await asyncio.sleep(1 / rate)


async def work(
    http: httpx.AsyncClient, request: Request, noticed: Noticed, over: Callable[[], bool]
) -> None:
    """Send once a second, or less often where answers take longer."""
    while not over():
        await _timed(http, request, noticed)
        await asyncio.sleep(1)


async def _timed(http: httpx.AsyncClient, request: Request, noticed: Noticed) -> None:
    started = time.monotonic()
    try:
        status = (await request(http)).status_code
    except httpx.TransportError:
        status = 599
    noticed.statuses.append(status)
    noticed.seconds.append(time.monotonic() - started)


async def _upload(http: httpx.AsyncClient, member: Member) -> httpx.Response:
    answer = await http.post(
        "/uploads",
        json={"content_type": "image/png", "size": len(SAMPLE)},
        headers=member.headers,
    )
    if answer.status_code == 201:
        form: dict[str, Any] = answer.json()
        async with httpx.AsyncClient(timeout=TIMEOUT, trust_env=False) as bucket:
            await bucket.post(form["url"], data=form["fields"], files={"file": ("x", SAMPLE)})
    return answer


async def _whole_upload(http: httpx.AsyncClient, member: Member, noticed: Noticed) -> None:
    """One upload a few seconds into the flood, until it has its result."""

    async def until_done(http: httpx.AsyncClient) -> httpx.Response:
        answer = await _upload(http, member)
        if answer.status_code != 201:
            return answer
        path = f"/predictions/{answer.json()['prediction_id']}"
        while True:
            found = await http.get(path, headers=member.headers)
            if found.status_code != 200 or found.json()["status"] != "pending":
                return found
            await asyncio.sleep(0.25)

    await asyncio.sleep(5)
    await _timed(http, until_done, noticed)


def client_from(url: str, source: str) -> httpx.AsyncClient:
    """A client with a network address of its own."""
    return httpx.AsyncClient(
        base_url=url,
        transport=httpx.AsyncHTTPTransport(
            local_address=source, limits=httpx.Limits(max_connections=None)
        ),
        timeout=TIMEOUT,
        trust_env=False,
    )
