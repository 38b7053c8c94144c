"""Lists and reads the files of a folder."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from heartsense.errors import FileUnreadableError

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file's content and its SHA-256.

    ``data`` ends one byte above the size limit, which is enough to refuse the file; ``sha256`` is
    that of the whole file.
    """

    data: bytes
    sha256: str


def list_files(folder: Path, exclude: Path | None = None) -> list[str]:
    """Names of all files below `folder`, relative to it and sorted, without `exclude`.

    Links to files are included; links to folders are not followed, as they could form a loop.

    Raises
    ------
    FileUnreadableError
        If a folder cannot be listed, as its files would be missing silently.
    """
    excluded = None if exclude is None else exclude.resolve()
    found = [
        Path(where, name)
        for where, _, names in os.walk(folder, onerror=_refuse)
        for name in names
        if Path(where, name).is_file()
    ]
    return sorted(
        path.relative_to(folder).as_posix() for path in found if path.resolve() != excluded
    )


def read_file(path: Path) -> InputFile:
    """Read a file of any size; FileUnreadableError if the system refuses."""
    from heartsense.images import MAX_BYTES

    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
            digest.update(data)
            while rest := stream.read(_CHUNK_BYTES):
                digest.update(rest)
    except OSError as error:
        raise FileUnreadableError(
            f"The file cannot be read ({_reason(error)}). Check its permissions."
        ) from error
    return InputFile(data, digest.hexdigest())


def _refuse(error: OSError) -> NoReturn:
    raise FileUnreadableError(
        f"The folder {error.filename} cannot be listed ({_reason(error)}). Check its permissions."
    ) from error


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
