"""``heartsense admin audit``, and the records that other commands of the operator leave."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from heartsense.service.audit import Action


def record(database: Any, action: Action, owner: str, subject: str | None = None) -> None:
    """Record what the operator is about to do with an account, under the name of their login."""
    from heartsense.service.audit import Actor, AuditLog
    from heartsense.service.ids import new_id

    operator = Actor(f"operator:{getpass.getuser()}", "operator")
    AuditLog(database).add(operator, action, [(owner, subject)], f"cli:{new_id()}")


def lines(
    database: Any,
    *,
    actor: str | None,
    owner: str | None,
    since: datetime | None,
) -> Iterator[str]:
    """The matching records as JSON lines, oldest first; a time without a zone is in UTC."""
    from heartsense.service.audit import AuditLog

    if since is not None and since.tzinfo is None:
        since = since.replace(tzinfo=UTC)
    for found in AuditLog(database).find(actor=actor, owner=owner, since=since):
        yield json.dumps(found.to_dict())


def verdict(database: Any, known: str | None) -> Iterator[str]:
    """Whether all records are there and as they were written; `typer.Exit` if they are not.

    Only a digest that was kept elsewhere shows that the newest records were removed, or that all
    were written anew.
    """
    from heartsense.service.audit import AuditLog

    log = AuditLog(database)
    found = log.verify(known)
    yield f"{found.records} linked records, {log.count_unlinked()} from before there were links."
    yield from found.faults
    if found.faults:
        raise typer.Exit(1)
    if found.head.number:
        yield "None was changed or removed. Keep this elsewhere for the next time:"
        yield f"--known {found.head.digest}"
