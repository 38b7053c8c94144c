"""The files of a folder, and what identifies them."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from heartsense.errors import FileUnreadableError

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Picture:
    """A file's content and its SHA-256.

    ``data`` stops one byte above the limit for pictures, which is enough to refuse it;
    ``sha256`` is that of the whole file.
    """

    data: bytes
    sha256: str


def files_below(folder: Path, but: Path) -> list[str]:
    """Names of all files below `folder`, sorted, relative to it; `but` is left out.

    Links to files are files; links to folders are not followed, they could lead round in circles.

    Raises
    ------
    FileUnreadableError
        If the folder or one in it cannot be listed: its pictures would be missing silently.
    """
    but = but.resolve()
    found = [
        Path(where, name)
        for where, _, names in os.walk(folder, onerror=_refuse)
        for name in names
        if Path(where, name).is_file()
    ]
    return sorted(path.relative_to(folder).as_posix() for path in found if path.resolve() != but)


def read_picture(path: Path) -> Picture:
    """Read a file of any size. FileUnreadableError if the system does not let us."""
    from heartsense.images import MAX_BYTES

    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
            digest.update(data)
            while rest := stream.read(_CHUNK):
                digest.update(rest)
    except OSError as error:
        raise FileUnreadableError(
            f"The file cannot be read ({_reason(error)}). Check its permissions."
        ) from error
    return Picture(data, digest.hexdigest())


def _refuse(error: OSError) -> NoReturn:
    raise FileUnreadableError(
        f"The folder {error.filename} cannot be listed ({_reason(error)}). Check its permissions."
    ) from error


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
