"""Bombs at /predict while somebody else works; what each got, and what the other one noticed."""

import asyncio
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass

from tests.support.bombs import BOMBS
from tests.support.flood import Noticed, client_from, requests_of, work
from tests.support.predict_client import Answer, PredictClient
from tests.support.running_service import Service, new_member

_OTHERS = ("GET /predictions", "POST /uploads")


@dataclass(frozen=True)
class Bombing:
    """Answers by bomb, and what the other user noticed by kind of request."""

    answers: dict[str, Answer]
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
    answers: dict[str, Answer] = {}
    over = asyncio.Event()
    async with client_from(service.url, "127.77.0.1") as second, asyncio.TaskGroup() as group:
        requests = requests_of(victim)
        for kind, noticed in others.items():
            group.create_task(work(second, requests[kind], noticed, over.is_set))
        with closing(PredictClient(service.serving, "127.66.0.1")) as attacker:
            for name in names:
                data = await asyncio.to_thread(BOMBS[name])
                answers[name] = await asyncio.to_thread(attacker.send, data)
                print(f"{name:<24}{answers[name]}", flush=True)
                await asyncio.sleep(1)  # so that the other one sends something with every bomb
        over.set()
    return Bombing(answers, others)
