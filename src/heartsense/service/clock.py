"""Times as they are kept."""

from datetime import datetime


def truncate_to_milliseconds(time: datetime) -> datetime:
    """As MongoDB keeps it: what is answered now is what is read later."""
    return time.replace(microsecond=time.microsecond // 1000 * 1000)
