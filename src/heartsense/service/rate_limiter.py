"""How often something may be tried: counted in MongoDB, for all instances of a function together.

Each try is counted by one atomic write before it is made, so that parallel tries cannot pass
together. A refused try counts nowhere: a flood does not prolong its own delay, nor anybody's.
"""

import hmac
import ipaddress
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from heartsense.errors import TooManyAttemptsError
from heartsense.service.ids import new_id

COLLECTION = "attempts"
MEMORY = timedelta(days=1)
"""Tries are forgotten when none was made for this long."""

_RACES = 10


def create_indexes(database: Database[dict[str, Any]]) -> None:
    """Create the indexes of counted attempts; may be repeated."""
    database[COLLECTION].create_index("expires_at", expireAfterSeconds=0)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`free` tries at once; then a delay that doubles from `first` to `longest`."""

    name: str
    free: int
    first: timedelta
    longest: timedelta


@dataclass(frozen=True, slots=True)
class LimitKey:
    """One pace for one subject: an address, a source, or both together."""

    pace: RateLimit
    subject: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One that was counted."""

    id: str
    budget: LimitKey
    at: datetime


class RateLimiter:
    """Counts tries.

    Parameters
    ----------
    database
        Where the counts are, under digests of their subjects.
    key
        Makes the digests: without it, nobody can tell whose counts these are.
    """

    def __init__(self, database: Database[dict[str, Any]], key: bytes) -> None:
        self._attempts = database[COLLECTION]
        self._key = key

    def source(self, ip_address: str) -> str:
        """A keyed digest of where a request comes from; of IPv6 the network (/64) counts."""
        ip = ipaddress.ip_address(ip_address)
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is None:
            network = ipaddress.ip_network((ip, 64), strict=False)
            return self._digest(f"source {network}")
        return self._digest(f"source {getattr(ip, 'ipv4_mapped', None) or ip}")

    def acquire(self, *budgets: LimitKey) -> list[Attempt]:
        """Count one try on every budget, or on none; TooManyAttemptsError says how long to wait.

        What comes first is asked first: a try that a narrow budget refuses does not touch the
        wide ones.
        """
        taken: list[Attempt] = []
        for budget in budgets:
            outcome = self._acquire(budget)
            if isinstance(outcome, int):
                self.release(*taken)
                raise TooManyAttemptsError(
                    f"Too many attempts. Try again in {outcome} seconds.", outcome
                )
            taken.append(outcome)
        return taken

    def release(self, *tries: Attempt) -> None:
        """Let these tries not have been: they count no longer, and nobody waits for them."""
        for one in tries:
            self._attempts.update_one(
                {"_id": self._id(one.budget), "count": {"$gt": 0}}, _undo(one)
            )

    def reset(self, *budgets: LimitKey) -> None:
        """Take all counted tries back."""
        self._attempts.delete_many({"_id": {"$in": [self._id(budget) for budget in budgets]}})

    def _acquire(self, budget: LimitKey) -> Attempt | int:
        """Count one try; the seconds to wait where that is not allowed now."""
        name = self._id(budget)
        for _ in range(_RACES):
            now = datetime.now(UTC)
            one = Attempt(new_id(), budget, now)
            try:
                self._attempts.update_one(
                    {"_id": name, "free_at": {"$lte": now}}, _count(one), upsert=True
                )
            except DuplicateKeyError:  # it exists, and is not free yet; or was made this moment
                current = self._attempts.find_one({"_id": name}, {"free_at": 1})
                if current is not None and current["free_at"] > now:
                    wait: timedelta = current["free_at"] - now
                    return math.ceil(wait.total_seconds())
            else:
                return one
        return 1

    def _id(self, budget: LimitKey) -> str:
        return f"{budget.pace.name}:{self._digest(budget.subject)}"

    def _digest(self, subject: str) -> str:
        return hmac.digest(self._key, subject.encode(), "sha256").hex()[:32]


def _count(one: Attempt) -> Sequence[dict[str, Any]]:
    """One more try, and when the next one may be made (an aggregation pipeline)."""
    pace, now = one.budget.pace, one.at
    remembered = {"$gt": ["$expires_at", now]}
    doublings = {"$min": [{"$subtract": ["$count", pace.free]}, 30]}
    delay = {
        "$min": [
            pace.longest / timedelta(milliseconds=1),
            {"$multiply": [pace.first / timedelta(milliseconds=1), {"$pow": [2, doublings]}]},
        ]
    }
    return [
        {"$set": {"count": {"$cond": [remembered, {"$add": ["$count", 1]}, 1]}}},
        {
            "$set": {
                "free_at": {"$cond": [{"$lt": ["$count", pace.free]}, now, {"$add": [now, delay]}]},
                "expires_at": now + MEMORY,
                "last": one.id,
            }
        },
    ]


def _undo(one: Attempt) -> Sequence[dict[str, Any]]:
    """One try less, and no delay that there is only for it (an aggregation pipeline).

    A delay that a later try has set stays, unless there are free tries again.
    """
    undue = {"$or": [{"$lt": ["$count", one.budget.pace.free]}, {"$eq": ["$last", one.id]}]}
    earlier = {"$min": ["$free_at", one.at]}
    return [
        {"$set": {"count": {"$subtract": ["$count", 1]}}},
        {"$set": {"free_at": {"$cond": [undue, earlier, "$free_at"]}}},
    ]
