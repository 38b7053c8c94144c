"""``python -m devstack.emulator``: ministack with what it lacks.

SES refuses an e-mail that the mail folder refused; ministack would relay it later and lose it.

SQS's queues are fair. On AWS, messages of groups with few messages in flight overtake those of a
group with many, so that one owner's thousand uploads do not delay the others'. Here the groups take
turns.
"""

import smtplib
import time
from collections.abc import Callable
from typing import Any

from ministack.app import main
from ministack.services import ses, sqs

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


class RefusedError(BaseException):
    """The mail server refused an e-mail; no Exception, as ministack logs and forgets those."""


def relay(source: str, recipients: list[str], message: str) -> None:
    """Pass an e-mail on to the mail server now, if there is one."""
    if endpoint := ses._parse_smtp_host():
        host, port = endpoint
        try:
            with smtplib.SMTP(host, port, timeout=10) as connection:
                connection.sendmail(source, recipients, message)
        except (OSError, smtplib.SMTPException) as error:
            raise RefusedError from error


def refusing(send: Callable[..., Any]) -> Callable[..., Any]:
    """Answer as SES does when it accepts nothing for now."""

    def send_or_refuse(parameters: Any) -> Any:
        try:
            return send(parameters)
        except RefusedError:
            return ses._error("Throttling", "The mail server accepts no e-mail.", 400)

    return send_or_refuse


if __name__ == "__main__":
    ses._smtp_relay = relay
    ses._send_email = refusing(ses._send_email)
    ses._send_raw_email = refusing(ses._send_raw_email)
    sqs._collect_msgs = fair(sqs._collect_msgs)
    main()
