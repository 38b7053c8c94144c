"""The development stack's limits and turns, without servers."""

import asyncio
import time
from typing import Any

from devstack.emulator import fair
from devstack.events import Request
from devstack.fair_slots import FairSlots
from devstack.firewall import Firewall
from devstack.template import Template
from tests.support.paths import ROOT

TEMPLATE = ROOT / "template.yaml"


def request(path: str, source: str) -> Request:
    return Request("POST", path, "", [], b"", source)


def test_a_source_above_a_limit_is_refused_and_another_is_not() -> None:
    firewall = Firewall(Template(TEMPLATE, {"Firewall": "yes"}))
    answers = [firewall.refusal(request("/predict", "192.0.2.1")) for _ in range(25)]
    assert [answer is None for answer in answers] == [True] * 20 + [False] * 5
    assert answers[-1] is not None
    assert answers[-1].status == 429
    assert ("Retry-After", "60") in answers[-1].headers
    assert firewall.refusal(request("/predict", "192.0.2.2")) is None
    assert firewall.refusal(request("/predictions", "192.0.2.1")) is None


def test_signing_in_is_limited_whatever_the_route_of_it() -> None:
    firewall = Firewall(Template(TEMPLATE, {"Firewall": "yes"}))
    paths = ("/login", "/register", "/password/forgot", "/verify/request")
    answers = [firewall.refusal(request(paths[n % 4], "192.0.2.1")) for n in range(61)]
    assert [answer is None for answer in answers] == [True] * 60 + [False]


def test_without_the_firewall_nothing_is_refused() -> None:
    firewall = Firewall(Template(TEMPLATE))
    assert not any(firewall.refusal(request("/predict", "192.0.2.1")) for _ in range(1000))


def test_sources_take_turns_for_a_slot() -> None:
    done: list[str] = []

    async def work(slots: FairSlots, source: str) -> None:
        async with slots.hold(source):
            await asyncio.sleep(0)
            done.append(source)

    async def all_at_once() -> None:
        slots = FairSlots(1)
        async with asyncio.TaskGroup() as group:
            for source in ["noisy"] * 10 + ["quiet"] * 2:
                group.create_task(work(slots, source))

    asyncio.run(all_at_once())
    assert sorted(done) == ["noisy"] * 10 + ["quiet"] * 2
    assert done[:5].count("quiet") == 2


def test_a_slot_of_somebody_who_gave_up_goes_to_the_next() -> None:
    async def scenario() -> int:
        slots, held = FairSlots(1), 0
        async with slots.hold("a"):
            gone = asyncio.ensure_future(slots.hold("b").__aenter__())
            await asyncio.sleep(0)
            gone.cancel()
        async with slots.hold("c"):
            held += 1
        return held

    assert asyncio.run(asyncio.wait_for(scenario(), 5)) == 1


def test_message_groups_take_turns() -> None:
    def collect(queue: dict[str, Any], count: int, visibility: int) -> list[dict[str, Any]]:
        taken = [m for m in queue["messages"] if m["visible_at"] <= time.time()][:count]
        for message in taken:
            message["visible_at"] = time.time() + visibility
        return taken

    groups = ["noisy"] * 50 + ["quiet"] * 2 + [None]
    messages = [{"group_id": group, "visible_at": 0.0} for group in groups]
    queue = {"is_fifo": False, "messages": messages}
    receive = fair(collect)
    received = [found["group_id"] for _ in range(6) for found in receive(queue, 1, 30)]
    assert received.count("quiet") == 2
    assert received.count(None) == 1
