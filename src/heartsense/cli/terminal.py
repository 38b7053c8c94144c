"""What tables, cards and closing lines share."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from heartsense.errors import HeartSenseError

DISCLAIMER: Final = "HeartSense is not a medical device. A doctor must read every ECG."

STATUS_STYLES: Final = {
    "likely": "bold red",
    "possible": "yellow",
    "unlikely": "green",
    "not_assessed": "dim",
}
URGENCY_STYLES: Final = {
    "emergency": "bold red",
    "soon": "yellow",
    "routine": "",
    "none": "green",
}
_ALL_NAMED: Final = 2  # more paths than this are named by their folders


def printable(file: str) -> str:
    """A file name any terminal can show, whatever bytes it has."""
    if file == "-":
        return "standard input"
    return os.fsencode(file).decode(errors="replace")


def print_refusal(file: str, error: HeartSenseError) -> None:
    """Print a refusal to standard error."""
    console = Console(stderr=True, soft_wrap=True)
    console.print(Text(f"{printable(file)}: {error.message} ({error.code})", style="red"))


def print_remarks(console: Console, kind: str, remarks: Iterable[str]) -> None:
    """Print a line a remark."""
    for remark in remarks:
        console.print(Text(f"{kind}: {remark}", style="yellow"))


def print_places(what: str, paths: Sequence[Path]) -> None:
    """Print to standard error where files went: one or two by name, more by folder."""
    if not paths:
        return
    places = [str(path) for path in paths]
    if len(paths) > _ALL_NAMED:
        places = list(dict.fromkeys(f"{path.parent}{os.sep}" for path in paths))
    console = Console(stderr=True, soft_wrap=True)
    console.print(Text(f"{what}: {', '.join(map(printable, places))}"))
