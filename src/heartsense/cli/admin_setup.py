"""Connections for ``heartsense admin``, and how its failures are reported."""

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
"""Exit status when a command failed."""


def check_libraries() -> None:
    """End with status `FAILED` where the service's libraries are not installed."""
    if not all(map(find_spec, ("boto3", "jwt", "pymongo"))):
        _end(
            "heartsense admin needs the service's libraries. "
            "Install them with: pip install 'heartsense[service]' boto3"
        )


@contextmanager
def failures() -> Iterator[None]:
    """Report a failure in one line, and exit with status `FAILED`."""
    from botocore.exceptions import BotoCoreError, ClientError
    from pymongo.errors import PyMongoError

    try:
        yield
    except HeartSenseError as error:
        _end(error.message)
    except PyMongoError as error:
        _end(f"The database cannot be used ({type(error).__name__}). Check MONGODB_URI.")
    except (BotoCoreError, ClientError) as error:
        _end(f"The AWS request failed: {error}")


@contextmanager
def connected() -> Iterator[Database[dict[str, Any]]]:
    """The database at MONGODB_URI, or at the address in the secret MONGODB_URI_SECRET."""
    from heartsense.service.database import database

    found = database()
    try:
        yield found
    finally:
        found.client.close()
        database.cache_clear()


def cloud_bucket() -> str:
    """The bucket named by PICTURES_BUCKET."""
    from heartsense.service.settings import PicturesSettings, load

    return load(PicturesSettings).pictures_bucket


class KeyRingStore(Protocol):
    """Storage of a key ring as JSON."""

    def read(self) -> str:
        """The key ring."""

    def write(self, ring: str, jwks: str) -> None:
        """Replace the key ring, and before it the public keys of those who verify."""


def key_ring_store(file: Path | None) -> KeyRingStore:
    """The file, or the secrets named by TOKEN_KEYS_SECRET and TOKEN_JWKS_SECRET."""
    if file is not None:
        return _File(file)
    names = [os.environ.get(name) for name in ("TOKEN_KEYS_SECRET", "TOKEN_JWKS_SECRET")]
    if names[0] and names[1]:
        from heartsense.service.accounts.key_rotation import SecretKeyStore

        return SecretKeyStore(names[0], names[1])
    raise SettingsError(
        "Set TOKEN_KEYS_SECRET and TOKEN_JWKS_SECRET to the names of the secrets, or use --file."
    )


class _File:
    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> str:
        try:
            return self._path.read_text()
        except OSError as error:
            raise FileUnreadableError(f"{self._path} cannot be read: {error.strerror}.") from None

    def write(self, ring: str, jwks: str) -> None:
        from heartsense.files import write_file

        write_file(self._path, ring.encode(), mode=0o600)


def _end(message: str) -> None:
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(FAILED)
