"""What a command writes: its places are planned before anything is read."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from heartsense.cli.inputs import Input
from heartsense.files import write_file

if TYPE_CHECKING:
    from PIL import Image

NAME: Final = "{name}"
"""Stands for an input's name, without its ending, in the pattern of an output option."""

STANDARD_OUTPUT: Final = "-"

_ENDINGS: Final = {"overlay": ".png", "heatmap": ".png", "signal": ".csv", "record": ""}
"""Kinds of output, and how their files' names end."""


@dataclass(frozen=True, slots=True)
class Job:
    """An input, and where its outputs go, by kind."""

    input: Input
    outputs: dict[str, Path] = field(default_factory=dict)


def plan(inputs: Sequence[Input], options: Mapping[str, str | None]) -> list[Job]:
    """Where each input's outputs go.

    Parameters
    ----------
    inputs : sequence of Input
    options : mapping
        By kind (``overlay``, ``heatmap``, ``signal`` or ``record``) the option's value: a pattern
        with ``{name}`` in it, a folder (in it ``NAME-kind.png``), or for a single file its path.
        A folder exists, ends in a slash, or is named for several files without an ending. Inputs
        of the same name get numbers.

    Raises
    ------
    typer.BadParameter
        If an output would overwrite a picture or another output, or has a name that its format
        does not allow.
    """
    jobs = [Job(one) for one in inputs]
    for kind, option in options.items():
        if option is None:
            continue
        for job, path in zip(jobs, _paths(inputs, option, kind), strict=True):
            job.outputs[kind] = path
    _check_distinct(jobs)
    return jobs


def save_picture(picture: Image.Image, path: Path) -> None:
    """Write a picture as PNG. FileUnwritableError if it cannot be written."""
    stream = BytesIO()
    picture.save(stream, "PNG", optimize=False)
    write_file(path, stream.getvalue())


def _paths(inputs: Sequence[Input], option: str, kind: str) -> list[Path]:
    several = len(inputs) > 1 or inputs[0].in_folder
    pattern = _pattern(option, kind, several)
    if option == STANDARD_OUTPUT:
        raise typer.BadParameter("Only --csv of a single file can be written to standard output.")
    if several and NAME not in pattern:
        raise typer.BadParameter(
            f"{option} is one path for several pictures: give a folder or a path with {NAME} in it."
        )
    stems = [one.stem for one in inputs]
    if kind == "record" and NAME in pattern:
        stems = [re.sub(r"[^A-Za-z0-9_-]", "_", stem) for stem in stems]
    paths = [Path(pattern.replace(NAME, stem)) for stem in _distinct(stems)]
    if kind == "record":
        _check_records(paths)
    return paths


def _pattern(option: str, kind: str, several: bool) -> str:
    """The option as a pattern: a folder stands for its files ``NAME-kind``."""
    path = Path(option)
    is_folder = option.endswith(("/", os.sep)) or path.is_dir() or (several and not path.suffix)
    if NAME in option or not is_folder:
        return option
    return str(path / f"{NAME}-{kind}{_ENDINGS[kind]}")


def _distinct(stems: Sequence[str]) -> list[str]:
    """Number the second and further of equal names, so that none overwrites another."""
    taken = set(stems)
    seen: set[str] = set()
    distinct: list[str] = []
    for stem in stems:
        unique, number = stem, 1
        while unique in seen or (number > 1 and unique in taken):
            number += 1
            unique = f"{stem}-{number}"
        seen.add(unique)
        distinct.append(unique)
    return distinct


def _check_records(records: Sequence[Path]) -> None:
    if find_spec("wfdb") is None:
        raise typer.BadParameter("--wfdb needs wfdb. Install it with: pip install wfdb")
    for record in records:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", record.name):
            raise typer.BadParameter(
                f"The name of a WFDB record has letters, digits, - and _ only: {record.name!r}"
            )


def _check_distinct(jobs: Sequence[Job]) -> None:
    pictures = {Path(job.input.name).absolute().resolve() for job in jobs}
    written: set[Path] = set()
    for job in jobs:
        for path in job.outputs.values():
            goal = path.absolute().resolve()
            if goal in pictures:
                raise typer.BadParameter(f"{path} is the picture itself.")
            if goal in written:
                raise typer.BadParameter(f"{path} would be written twice.")
            written.add(goal)
