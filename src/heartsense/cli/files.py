"""Files in and out: limits before reading, whole files or none when writing."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from heartsense.files import read_file, write_file

if TYPE_CHECKING:
    from PIL import Image

NAME = "{name}"
"""Stands for a picture's name, without its ending, in the pattern of an output option."""


def read_picture(file: str) -> bytes:
    """The file's bytes; at most one byte above the limit is read of a larger one.

    Raises
    ------
    FileMissingError, FileUnreadableError
        A folder, a device or a file without permission is unreadable.
    """
    from heartsense.images import MAX_BYTES

    return read_file(file, MAX_BYTES + 1)


def save_picture(picture: Image.Image, path: Path) -> None:
    """Write a picture as PNG."""
    stream = BytesIO()
    picture.save(stream, "PNG", optimize=False)
    write_file(path, stream.getvalue())


def targets(
    files: Sequence[str], option: str | None, kind: str, ending: str = ".png"
) -> list[Path | None]:
    """Where each file's output goes.

    ``option`` is a pattern with ``{name}`` in it, a folder (in it ``NAME-kind.png``), or for a
    single file the very path. A folder exists, ends in a slash, or is named for several files
    without an ending. Two files of one name get numbers.

    Raises
    ------
    typer.BadParameter
        One path for several files, or a path that would overwrite a picture.
    """
    if option is None:
        return [None] * len(files)
    several = len(files) > 1
    pattern = _pattern(option, kind, ending, several)
    if several and NAME not in pattern:
        raise typer.BadParameter(
            f"{option} is one path, but there are {len(files)} pictures: "
            f"give a folder or a path with {NAME} in it."
        )
    paths: list[Path | None] = []
    for name in _distinct([Path(file).stem for file in files]):
        path = Path(pattern.replace(NAME, name))
        if any(path.resolve() == Path(file).resolve() for file in files):
            raise typer.BadParameter(f"{path} is the picture itself.")
        paths.append(path)
    return paths


def check_record(record: Path) -> None:
    """Refuse a WFDB record that cannot be written: its name, or for want of the library."""
    if find_spec("wfdb") is None:
        raise typer.BadParameter("--wfdb needs wfdb. Install it with: pip install wfdb")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", record.name):
        raise typer.BadParameter(
            f"A WFDB record's name has letters, digits, - and _ only: {record.name!r}"
        )


def _pattern(option: str, kind: str, ending: str, several: bool) -> str:
    """The option as a pattern: a folder stands for its files ``NAME-kind``."""
    path = Path(option)
    is_folder = option.endswith(("/", os.sep)) or path.is_dir() or (several and not path.suffix)
    if NAME in option or not is_folder:
        return option
    return str(path / f"{NAME}-{kind}{ending}")


def _distinct(names: Sequence[str]) -> list[str]:
    """Number the second and further of equal names, so that none overwrites another."""
    distinct: list[str] = []
    for name in names:
        unique, number = name, 1
        while unique in distinct or (number > 1 and unique in names):
            number += 1
            unique = f"{name}-{number}"
        distinct.append(unique)
    return distinct
