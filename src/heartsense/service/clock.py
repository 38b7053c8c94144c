"""The clock, and timestamps at the precision of the database."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the current time, in UTC."""

    def __call__(self) -> datetime: ...


def utc_now() -> datetime:
    """Default clock."""
    return datetime.now(UTC)


def truncate_to_milliseconds(time: datetime) -> datetime:
    """Round down to MongoDB's precision, so that a response equals what is read back later."""
    return time.replace(microsecond=time.microsecond // 1000 * 1000)
