"""Files in and out: limits before reading, whole files or none when writing."""

import hashlib
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from heartsense.errors import (
    FileMissingError,
    FileUnreadableError,
    FileUnwritableError,
    ModelChangedError,
    ModelMissingError,
)

MAX_BYTES: Final = 20_000_000
"""Size of an image file or document."""

MAX_PAGES: Final = 50
"""Pages of a PDF or TIFF."""


def read_file(path: str | os.PathLike[str], limit: int) -> bytes:
    """A file's content, at most `limit` bytes of it.

    Raises
    ------
    FileMissingError
    FileUnreadableError
        Also for a folder or a device.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():
            raise FileUnreadableError("This is no file. Name the picture of an ECG.")
        with path.open("rb") as stream:
            return stream.read(limit)
    except FileNotFoundError:
        raise FileMissingError("There is no such file. Check its name and folder.") from None
    except (OSError, ValueError) as error:
        raise FileUnreadableError(
            f"The file cannot be read ({_reason(error)}). Check its permissions."
        ) from error


def sha256(content: bytes) -> str:
    """Hexadecimal SHA-256 of a file's content."""
    return hashlib.sha256(content).hexdigest()


def read_model_file(path: Path) -> bytes:
    """A file of the released model; ModelMissingError if it is not there."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelMissingError(
            f"The model file {path} is missing. Set HEARTSENSE_MODEL to the folder of the "
            "released model."
        ) from error


def read_checked_model_file(path: Path, digest: str | None, named_by: str) -> bytes:
    """A file of the released model that has the SHA-256 that another of its files names.

    Raises
    ------
    ModelMissingError
        If it is not there.
    ModelChangedError
        If its digest is another one, or not named.
    """
    content = read_model_file(path)
    if sha256(content) != digest:
        raise ModelChangedError(
            f"{path.name} is not the file that {named_by} names. Get the released model again."
        )
    return content


@contextmanager
def of_this_version(name: str) -> Iterator[None]:
    """ModelChangedError for whatever a file of the model raises that has another content."""
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, IndexError, zipfile.BadZipFile) as error:
        raise other_version(name) from error


def other_version(name: str) -> ModelChangedError:
    """The error for a file of the model that another version of HeartSense was released with."""
    return ModelChangedError(
        f"{name} does not fit this version of HeartSense. Get the model released with it."
    )


def read_described_model_file(folder: Path, name: str, description: str) -> bytes | None:
    """A file of a model folder that has the SHA-256 that stands in the JSON file beside it.

    Returns None if the folder has not both: what the file does is then left out.

    Raises
    ------
    ModelMissingError, ModelChangedError
        If one cannot be read, or the file is not the one that is described.
    """
    if not (folder / name).exists() or not (folder / description).exists():
        return None
    try:
        digest = json.loads(read_model_file(folder / description))["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise ModelChangedError(f"{description} does not describe {name}.") from error
    return read_checked_model_file(folder / name, digest, description)


def write_described_model_file(
    folder: Path, name: str, content: bytes, description: str, facts: Mapping[str, Any]
) -> None:
    """Write what `read_described_model_file` reads: facts and the SHA-256 stand in the JSON."""
    write_file(folder / name, content)
    described = {**facts, "sha256": sha256(content)}
    write_file(folder / description, (json.dumps(described, indent=2) + "\n").encode())


def write_file(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Write a draft beside `path` and rename it, so that nobody ever sees half a file.

    Folders that are missing are made.

    Parameters
    ----------
    mode : int
        Permissions of the file, less the process's umask.

    Raises
    ------
    FileUnwritableError
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            draft.touch(mode)
            draft.write_bytes(data)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise FileUnwritableError(
            f"{path} cannot be written ({_reason(error)}). Choose another place."
        ) from error


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)


def model_folder() -> Path:
    """The folder of the released model.

    The folder that HEARTSENSE_MODEL names; else the Lambda layer's ``/opt/model``; else the
    installed package's own ``heartsense/model``; else the checkout's ``layers/inference/model``.
    """
    named = os.environ.get("HEARTSENSE_MODEL")
    if named:
        return Path(named)
    package = Path(__file__).parent
    checkout = package.parents[1] / "layers" / "inference" / "model"
    places = (Path("/opt/model"), package / "model")
    return next((place for place in places if place.is_dir()), checkout)
