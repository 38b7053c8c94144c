"""The MongoDB connection, opened on first use and reused for the life of the process."""

from functools import cache
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import ConnectionFailure

from heartsense.service.settings import DatabaseSettings, load, secret

Document = dict[str, Any]

UNAVAILABLE = ConnectionFailure
"""What every operation raises while no server answers."""

# A request that finds no server is answered within two seconds, on a busy machine too.
_SELECTION_MS, _CONNECT_MS = 1200, 800


@cache
def database() -> Database[Document]:
    """The database of this deployment; SettingsError if none is configured.

    Not opened at import: a SnapStart snapshot must not contain open sockets.
    """
    client: MongoClient[Document] = MongoClient(
        secret("MONGODB_URI"),
        tz_aware=True,
        serverSelectionTimeoutMS=_SELECTION_MS,
        connectTimeoutMS=_CONNECT_MS,
        w="majority",
        appname="heartsense",
    )
    return client[load(DatabaseSettings).mongodb_database]
