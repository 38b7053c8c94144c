"""The indexes of the accounts' collections."""

from typing import Any

from pymongo.database import Database

from heartsense.accounts import contact, limiter, store


def create_indexes(database: Database[dict[str, Any]]) -> None:
    """Make every index that accounts rely on; those that are there already stay."""
    database[store.COLLECTION].create_index("email_key", unique=True)
    database[store.COLLECTION].create_index("closing_at", sparse=True)
    database[limiter.COLLECTION].create_index("expires_at", expireAfterSeconds=0)
    database[contact.COLLECTION].create_index("expires_at", expireAfterSeconds=0)
    database[contact.COLLECTION].create_index("email_key")
