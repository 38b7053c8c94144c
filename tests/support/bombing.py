"""Bombs at /predict while somebody else works; what each got, and what the other one noticed."""

import asyncio
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.bombs import BOMBS
from tests.support.devstack_process import process_tree
from tests.support.flood import Noticed, client_from, requests_of, work
from tests.support.running_service import Service, new_member

_WATCHED = (b"functions.predict.handler", b"heartsense.images.decoder")
_WATCH_SECONDS = 0.05
_OTHERS = ("GET /predictions", "POST /uploads")


@dataclass(frozen=True)
class Answer:
    """What a bomb got; `peak_mb` is of predict's process or a decoder, whichever was larger."""

    name: str
    sent_bytes: int
    status: int
    code: str
    seconds: float
    peak_mb: int

    def __str__(self) -> str:
        return (
            f"{self.name:<24}{self.sent_bytes:>10} {self.status} {self.code:<18}"
            f"{self.seconds:6.2f} s{self.peak_mb:5} MB"
        )


@dataclass(frozen=True)
class Bombing:
    """Answers by bomb, and what the other user noticed by kind of request."""

    answers: list[Answer]
    others: dict[str, Noticed]

    def table(self) -> str:
        """A line for each kind of request of the other user."""
        return "\n".join(
            f"{kind:<18}{len(found.statuses):>5} requests, {failed(found)} failed, "
            f"p50 {found.p50:.2f} s p95 {found.p95:.2f} s slowest {max(found.seconds):.2f} s"
            for kind, found in self.others.items()
        )


def failed(noticed: Noticed) -> int:
    """Answers that are the service's fault; one's own limit of uploads (429) is not."""
    return sum(status >= 500 for status in noticed.statuses)


async def bomb(service: Service, names: Iterable[str]) -> Bombing:
    """Send bombs one after the other; another user lists predictions and asks for uploads.

    Each answer is printed as it comes.
    """
    victim = new_member(service)
    others = {kind: Noticed() for kind in _OTHERS}
    answers: list[Answer] = []
    over = asyncio.Event()
    async with (
        client_from(service.url, "127.66.0.1") as attacker,
        client_from(service.url, "127.77.0.1") as second,
        asyncio.TaskGroup() as group,
    ):
        requests = requests_of(victim)
        for kind, noticed in others.items():
            group.create_task(work(second, requests[kind], noticed, over.is_set))
        for name in names:
            answers.append(await _send(attacker, service, name))
            print(answers[-1], flush=True)
            await asyncio.sleep(1)  # so that the other one sends something with every bomb
        over.set()
    return Bombing(answers, others)


async def _send(http: httpx.AsyncClient, service: Service, name: str) -> Answer:
    data = await asyncio.to_thread(BOMBS[name])
    answered = asyncio.Event()
    watching = asyncio.create_task(_peak(service.serving.process.pid, answered))
    started = time.monotonic()
    status, code = 599, ""
    with suppress(httpx.TransportError):
        answer = await http.post(
            "/predict", content=data, headers={"Content-Type": "application/octet-stream"}
        )
        status, code = answer.status_code, answer.json().get("code", "")
    seconds = time.monotonic() - started
    answered.set()
    return Answer(name, len(data), status, code, seconds, await watching)


async def _peak(root: int, answered: asyncio.Event) -> int:
    """Most resident memory in MB, looked at until the answer; the processes are ended with it."""
    peak = 0
    while not answered.is_set():
        for pid in await asyncio.to_thread(process_tree, root):
            with suppress(OSError):
                if any(part in Path(f"/proc/{pid}/cmdline").read_bytes() for part in _WATCHED):
                    status = Path(f"/proc/{pid}/status").read_text()
                    if found := re.search(r"VmRSS:\s+(\d+) kB", status):
                        peak = max(peak, int(found[1]))
        with suppress(TimeoutError):
            await asyncio.wait_for(answered.wait(), _WATCH_SECONDS)
    return round(peak / 1000)
