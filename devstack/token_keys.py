"""The key ring that signs access tokens on this machine."""

import os
from pathlib import Path

from heartsense.service.accounts import KeyRing

FILE = "token-keys.json"


def create_key_ring(data: Path) -> str:
    """Make the key ring on the first start; its JSON. Only the owner can read the file."""
    path = data / FILE
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return KeyRing.from_json(path.read_text()).to_json()
    with os.fdopen(handle, "w") as file:
        file.write(KeyRing.generate().to_json())
    return path.read_text()
