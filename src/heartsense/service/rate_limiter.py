"""Rate limiting by counters in MongoDB, shared by all instances of a function.

One atomic write counts each attempt before it is made, so that parallel attempts cannot all pass.
Refused attempts are not counted: a flood prolongs neither its own delay nor anybody else's.
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
RETENTION = timedelta(days=1)
"""A counter is deleted this long after its last attempt."""

# Not the attempt's own time: a simultaneous attempt may have read its clock a little earlier.
_NO_DELAY = datetime.fromtimestamp(0, UTC)

_MAX_RETRIES = 10
_MAX_DOUBLINGS = 30  # keeps 2 ** doublings within MongoDB's integers


def create_indexes(database: Database[dict[str, Any]]) -> None:
    """Create the indexes of counted attempts; may be repeated."""
    database[COLLECTION].create_index("expires_at", expireAfterSeconds=0)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`free_attempts` at once, then a delay that doubles from `initial_delay` to `max_delay`."""

    name: str
    free_attempts: int
    initial_delay: timedelta
    max_delay: timedelta


@dataclass(frozen=True, slots=True)
class LimitKey:
    """What one counter counts: a limit applied to an address, a source or both together."""

    limit: RateLimit
    subject: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """A counted attempt, for `RateLimiter.release`."""

    id: str
    key: LimitKey
    time: datetime


class RateLimiter:
    """Counts attempts and refuses those that come too soon.

    Parameters
    ----------
    database
        Stores the counters under keyed digests of their subjects.
    secret
        Keys the digests: without it nobody can tell whose counters they are.
    """

    def __init__(self, database: Database[dict[str, Any]], secret: bytes) -> None:
        self._attempts = database[COLLECTION]
        self._secret = secret

    def source(self, ip_address: str) -> str:
        """A keyed digest of a client's network: its IPv4 address or its IPv6 /64 prefix."""
        ip = ipaddress.ip_address(ip_address)
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is None:
            network = ipaddress.ip_network((ip, 64), strict=False)
            return self._digest(f"source {network}")
        return self._digest(f"source {getattr(ip, 'ipv4_mapped', None) or ip}")

    def acquire(self, *keys: LimitKey) -> list[Attempt]:
        """Count one attempt against every key, or against none if one of them refuses.

        Keys are tried in order; put narrow ones first, so that their refusals leave the wide ones
        alone.

        Raises
        ------
        TooManyAttemptsError
            Holds the seconds to wait.
        """
        acquired: list[Attempt] = []
        for key in keys:
            outcome = self._acquire(key)
            if isinstance(outcome, int):
                self.release(*acquired)
                raise TooManyAttemptsError(
                    f"Too many attempts. Try again in {outcome} seconds.", outcome
                )
            acquired.append(outcome)
        return acquired

    def release(self, *attempts: Attempt) -> None:
        """Undo counted attempts, with the delays that they caused."""
        for attempt in attempts:
            self._attempts.update_one(
                {"_id": self._id(attempt.key), "count": {"$gt": 0}}, _release(attempt)
            )

    def reset(self, *keys: LimitKey) -> None:
        """Forget all attempts counted against these keys."""
        self._attempts.delete_many({"_id": {"$in": [self._id(key) for key in keys]}})

    def _acquire(self, key: LimitKey) -> Attempt | int:
        """Count one attempt, or return the seconds to wait."""
        counter_id = self._id(key)
        for _ in range(_MAX_RETRIES):
            attempt = Attempt(new_id(), key, datetime.now(UTC))
            try:
                self._attempts.update_one(
                    {"_id": counter_id, "allowed_at": {"$lte": attempt.time}},
                    _count(attempt),
                    upsert=True,
                )
            except DuplicateKeyError:  # a delay is in force, or another instance just inserted it
                counter = self._attempts.find_one({"_id": counter_id}, {"allowed_at": 1})
                if counter is not None and counter["allowed_at"] > attempt.time:
                    wait: timedelta = counter["allowed_at"] - attempt.time
                    return math.ceil(wait.total_seconds())
            else:
                return attempt
        return 1

    def _id(self, key: LimitKey) -> str:
        return f"{key.limit.name}:{self._digest(key.subject)}"

    def _digest(self, subject: str) -> str:
        return hmac.digest(self._secret, subject.encode(), "sha256").hex()[:32]


def _count(attempt: Attempt) -> Sequence[dict[str, Any]]:
    """Add one attempt and set when the next is allowed (an aggregation pipeline)."""
    limit, now = attempt.key.limit, attempt.time
    unexpired = {"$gt": ["$expires_at", now]}
    doublings = {"$min": [{"$subtract": ["$count", limit.free_attempts]}, _MAX_DOUBLINGS]}
    initial = limit.initial_delay / timedelta(milliseconds=1)
    delay = {
        "$min": [
            limit.max_delay / timedelta(milliseconds=1),
            {"$multiply": [initial, {"$pow": [2, doublings]}]},
        ]
    }
    free = {"$lt": ["$count", limit.free_attempts]}
    return [
        {"$set": {"count": {"$cond": [unexpired, {"$add": ["$count", 1]}, 1]}}},
        {
            "$set": {
                "allowed_at": {"$cond": [free, _NO_DELAY, {"$add": [now, delay]}]},
                "expires_at": now + RETENTION,
                "last_attempt": attempt.id,
            }
        },
    ]


def _release(attempt: Attempt) -> Sequence[dict[str, Any]]:
    """Subtract one attempt and the delay that it alone caused (an aggregation pipeline).

    A delay set by a later attempt stays, unless free attempts are left again.
    """
    free = {"$lt": ["$count", attempt.key.limit.free_attempts]}
    unneeded = {"$or": [free, {"$eq": ["$last_attempt", attempt.id]}]}
    earlier = {"$min": ["$allowed_at", attempt.time]}
    return [
        {"$set": {"count": {"$subtract": ["$count", 1]}}},
        {"$set": {"allowed_at": {"$cond": [unneeded, earlier, "$allowed_at"]}}},
    ]
