"""What ``heartsense admin`` works on, and how it says what keeps it from working."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import typer

from heartsense.errors import FileUnreadableError, HeartSenseError, SettingsError

if TYPE_CHECKING:
    from pymongo.database import Database

FAILED = 1
"""Exit status when a command could not do what it was asked for."""


def check_libraries() -> None:
    """End with status `FAILED` where the service's libraries are not installed."""
    if not all(map(find_spec, ("boto3", "jwt", "pymongo"))):
        _end(
            "heartsense admin needs the service's libraries. "
            "Install them with: pip install 'heartsense[service]' boto3"
        )


@contextmanager
def failures() -> Iterator[None]:
    """Say in one line what went wrong, and end with status `FAILED`."""
    from botocore.exceptions import BotoCoreError, ClientError
    from pymongo.errors import PyMongoError

    try:
        yield
    except HeartSenseError as error:
        _end(error.message)
    except PyMongoError as error:
        _end(f"The database does not do it ({type(error).__name__}). Check MONGODB_URI.")
    except (BotoCoreError, ClientError) as error:
        _end(f"AWS does not do it: {error}")


@contextmanager
def connected() -> Iterator[Database[dict[str, Any]]]:
    """The database that MONGODB_URI or MONGODB_URI_SECRET names."""
    from heartsense.service.database import database

    found = database()
    try:
        yield found
    finally:
        found.client.close()
        database.cache_clear()


def cloud_bucket() -> str:
    """The bucket that PICTURES_BUCKET names."""
    from heartsense.service.settings import PicturesSettings, load

    return load(PicturesSettings).pictures_bucket


class KeyRingStore(Protocol):
    """Where a key ring is kept, as JSON."""

    def read(self) -> str:
        """The ring."""

    def write(self, ring: str) -> None:
        """Replace the ring."""


def key_ring_store(file: Path | None) -> KeyRingStore:
    """The file, or the secret that TOKEN_KEYS_SECRET names."""
    if file is not None:
        return _File(file)
    if name := os.environ.get("TOKEN_KEYS_SECRET"):
        return _Secret(name)
    raise SettingsError("Set TOKEN_KEYS_SECRET to the secret's name, or give --file.")


class _File:
    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> str:
        try:
            return self._path.read_text()
        except OSError as error:
            raise FileUnreadableError(f"{self._path} cannot be read: {error.strerror}.") from None

    def write(self, ring: str) -> None:
        from heartsense.files import write_file

        write_file(self._path, ring.encode(), mode=0o600)


class _Secret:
    def __init__(self, name: str) -> None:
        import boto3

        self._name = name
        self._secrets = boto3.client("secretsmanager")

    def read(self) -> str:
        return self._secrets.get_secret_value(SecretId=self._name)["SecretString"]

    def write(self, ring: str) -> None:
        self._secrets.put_secret_value(SecretId=self._name, SecretString=ring)


def _end(message: str) -> None:
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(FAILED)
