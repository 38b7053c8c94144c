"""Records that are linked by digests, so that one that was changed or removed is noticed.

Each record has a number and holds the digest of the one before; its own digest covers all of it.
Whoever may write to the database can still link all records anew from some point on, or remove the
newest: that shows only against a digest that was written down elsewhere.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

NUMBER, DIGEST, PREVIOUS, PREVIOUS_AT = "number", "digest", "previous", "previous_at"


@dataclass(frozen=True, slots=True)
class Head:
    """The newest record, or none: number 0."""

    number: int = 0
    digest: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the records tell.

    Attributes
    ----------
    records
        How many of them there are.
    head
        The newest.
    faults
        What is wrong, one sentence each.
    """

    records: int
    head: Head
    faults: list[str] = field(default_factory=list)


def head_of(record: Mapping[str, Any] | None) -> Head:
    """The head of a chain that ends with this record."""
    return Head() if record is None else Head(record[NUMBER], record[DIGEST], record["at"])


def linked(record: Mapping[str, Any], head: Head) -> dict[str, Any]:
    """The record as the next one of a chain."""
    link = {NUMBER: head.number + 1, PREVIOUS: head.digest, PREVIOUS_AT: head.at}
    complete = {**record, **link}
    return {**complete, DIGEST: _digest(complete)}


def verify(
    records: Iterable[Mapping[str, Any]],
    now: datetime,
    retention: timedelta,
    known: str | None = None,
) -> Verdict:
    """Look whether the records are those that were written, and all of them.

    Parameters
    ----------
    records
        By number.
    now, retention
        A record that is missing is in order if it is older than `retention`.
    known
        The digest of a record that must be among them, if any: one that was written down before.
    """
    count, head, faults = 0, Head(), []
    seen_known = known is None
    for record in records:
        count += 1
        if record[DIGEST] != _digest(record):
            faults.append(f"Record {record[NUMBER]} ({record['_id']}) was changed.")
        faults += _gap(head, record, now - retention)
        seen_known = seen_known or record[DIGEST] == known
        head = head_of(record)
    if not seen_known:
        faults.append(f"No record has the digest {known}.")
    return Verdict(count, head, faults)


def _gap(head: Head, record: Mapping[str, Any], expired: datetime) -> list[str]:
    """What is wrong between a record and the one before."""
    number, before = record[NUMBER], record[PREVIOUS_AT]
    if number == head.number + 1:
        is_next = record[PREVIOUS] == head.digest
        return [] if is_next else [f"Record {number} does not follow the one before it."]
    if before is not None and before <= expired:
        return []  # deleted by the database in its time
    first, last = head.number + 1, number - 1
    if last < first:
        return [f"Record {number} is there twice."]
    return [
        f"Record {first} was removed."
        if first == last
        else f"Records {first} to {last} were removed."
    ]


def _digest(record: Mapping[str, Any]) -> str:
    """SHA-256 of all fields but the digest itself."""
    fields = {name: _text(value) for name, value in record.items() if name != DIGEST}
    text = json.dumps(fields, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()


def _text(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
