"""``python -m devstack.emulator``: ministack with SQS's fair queues, which it lacks.

On AWS, messages of groups with few messages in flight overtake those of a group with many, so that
one owner's thousand uploads do not delay the others'. Here the groups take turns.
"""

import time
from collections.abc import Callable
from typing import Any

from ministack.app import main
from ministack.services import sqs

Queue = dict[str, Any]
Collect = Callable[[Queue, int, int], list[Queue]]


def fair(collect: Collect) -> Collect:
    """Let the message groups of a standard queue take turns in what `collect` receives first."""
    turns: dict[tuple[int, str], float] = {}

    def collect_in_turns(queue: Queue, count: int, visibility: int) -> list[Queue]:
        if not queue["is_fifo"]:
            _sort(queue, turns)
        received = collect(queue, count, visibility)
        for message in received:
            turns[id(queue), message.get("group_id") or ""] = time.monotonic()
        return received

    return collect_in_turns


def _sort(queue: Queue, turns: dict[tuple[int, str], float]) -> None:
    """Every group's first visible message, then every group's second, and so on."""
    now, seen = time.time(), dict[str, int]()
    ranked = []
    for message in queue["messages"]:
        group, rank = message.get("group_id") or "", 0
        if message.get("visible_at", 0) <= now:
            rank = seen[group] = seen.get(group, -1) + 1
        ranked.append((rank, turns.get((id(queue), group), 0.0), message))
    queue["messages"] = [message for *_, message in sorted(ranked, key=lambda entry: entry[:2])]


if __name__ == "__main__":
    sqs._collect_msgs = fair(sqs._collect_msgs)
    main()
