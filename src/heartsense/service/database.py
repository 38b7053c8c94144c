"""The MongoDB connection, opened on first use and reused for the life of the process."""

from functools import cache
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from heartsense.service.settings import DatabaseSettings, load, secret

Document = dict[str, Any]


@cache
def database() -> Database[Document]:
    """The database of this deployment; SettingsError if none is configured.

    Not opened at import: a SnapStart snapshot must not contain open sockets.
    """
    client: MongoClient[Document] = MongoClient(
        secret("MONGODB_URI"),
        tz_aware=True,
        serverSelectionTimeoutMS=5000,
        w="majority",
        appname="heartsense",
    )
    return client[load(DatabaseSettings).mongodb_database]
