"""Timestamps at the precision of the database."""

from datetime import datetime


def truncate_to_milliseconds(time: datetime) -> datetime:
    """Round down to MongoDB's precision, so that a response equals what is read back later."""
    return time.replace(microsecond=time.microsecond // 1000 * 1000)
