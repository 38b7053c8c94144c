"""The key ring that signs access tokens on this machine."""

import os
from pathlib import Path

from heartsense.accounts import KeyRing
from local.errors import LocalError

FILE = "token-keys.json"


def create_key_ring(data: Path) -> str:
    """Make the key ring on the first start; its JSON. Only the owner can read the file."""
    path = data / FILE
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return read_key_ring(data).to_json()
    with os.fdopen(handle, "w") as file:
        file.write(KeyRing.generate().to_json())
    return path.read_text()


def read_key_ring(data: Path) -> KeyRing:
    """The key ring in force: TOKEN_KEYS, or the one the first start made."""
    if keys := os.environ.get("TOKEN_KEYS"):
        return KeyRing.from_json(keys)
    path = data / FILE
    if not path.is_file():
        raise LocalError(f"There is no key ring at {path}. Run `make serve` first.")
    return KeyRing.from_json(path.read_text())
