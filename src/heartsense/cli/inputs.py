"""What a command reads: files, the pictures below folders, standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typer

from heartsense.errors import FileError, FileUnreadableError
from heartsense.files import read_file

STANDARD_INPUT: Final = "-"
_HEADER: Final = 2048  # bytes: a PDF's header starts within the first 1024


@dataclass(frozen=True, slots=True)
class Input:
    """One picture or document to read.

    Attributes
    ----------
    name : str
        As it was given, or its path below the folder that was given.
    in_folder : bool
        Whether a folder was given: how many pictures it holds does not change what options mean.
    problem : FileError, optional
        Why there is nothing to read.
    """

    name: str
    in_folder: bool = False
    problem: FileError | None = None

    @property
    def stem(self) -> str:
        """The name of its outputs."""
        return "stdin" if self.name == STANDARD_INPUT else Path(self.name).stem

    def read(self) -> bytes:
        """Its content; of larger ones than the limit one byte more than that.

        Raises
        ------
        FileError
        """
        if self.problem:
            raise self.problem
        from heartsense.images import MAX_BYTES

        if self.name == STANDARD_INPUT:
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        return read_file(self.name, MAX_BYTES + 1)


def find_inputs(arguments: Sequence[str]) -> list[Input]:
    """Every file, every picture below a folder in the order of its path, and standard input.

    Raises
    ------
    typer.BadParameter
        If standard input is named twice: it can be read once.
    """
    if arguments.count(STANDARD_INPUT) > 1:
        raise typer.BadParameter("Standard input (-) can be read only once.")
    found: list[Input] = []
    for argument in arguments:
        if argument != STANDARD_INPUT and Path(argument).is_dir():
            found.extend(_below(argument))
        else:
            found.append(Input(argument))
    return found


def _below(folder: str) -> Iterator[Input]:
    """The pictures below a folder; where there are none, the folder with the reason."""
    from heartsense.service.batch.folder import list_files

    try:
        paths = [Path(folder, name) for name in list_files(Path(folder))]
    except FileUnreadableError as problem:
        yield Input(folder, in_folder=True, problem=problem)
        return
    pictures = [path for path in paths if _may_be_picture(path)]
    for path in pictures:
        yield Input(str(path), in_folder=True)
    if not pictures:
        message = "There is no image and no PDF in this folder."
        yield Input(folder, in_folder=True, problem=FileUnreadableError(message))


def _may_be_picture(path: Path) -> bool:
    """Whether a file starts like an image or a PDF; one that cannot be read is refused later."""
    from heartsense.images.formats import detect_format

    try:
        with path.open("rb") as stream:
            return detect_format(stream.read(_HEADER)) is not None
    except OSError:
        return True
