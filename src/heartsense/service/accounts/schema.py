"""The indexes of the accounts' collections."""

from typing import Any

from pymongo.database import Database

from heartsense.service import contact, rate_limiter
from heartsense.service.accounts import repository


def create_indexes(database: Database[dict[str, Any]]) -> None:
    """Make every index that accounts rely on; those that are there already stay."""
    database[repository.COLLECTION].create_index("email_key", unique=True)
    database[repository.COLLECTION].create_index("closing_at", sparse=True)
    database[rate_limiter.COLLECTION].create_index("expires_at", expireAfterSeconds=0)
    database[contact.COLLECTION].create_index("expires_at", expireAfterSeconds=0)
    database[contact.COLLECTION].create_index("email_key")
