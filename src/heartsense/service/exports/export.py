"""An export: one archive of everything that an account owns, built in the background."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """Status of an export, as stored and served."""

    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Export:
    """One export of one account; `size` in bytes once it is ready."""

    id: str
    owner: str
    status: Status
    created_at: datetime
    size: int | None = None
