"""Results of many files as a table, a row each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from heartsense.cli.terminal import DISCLAIMER, URGENCY_STYLES, print_refusal, printable
from heartsense.ecg import Digitized
from heartsense.errors import HeartSenseError
from heartsense.reference_ranges import quality_label

_Row = tuple[str, Sequence[str | Text]]

_UNLIMITED: Final = 10_000  # columns: rows in a file or a pipe are not broken


class ClassificationTable:
    """Shows findings, heart rate and quality, a row a file, when all are read."""

    def __init__(self) -> None:
        self._rows: list[_Row] = []

    def show(self, file: str, result: dict[str, Any]) -> None:
        rate = None if result["retake"] else result["measurements"]["heart_rate_bpm"]
        cells = (
            Text(result["headline"], style=URGENCY_STYLES[result["urgency"]]),
            "-" if rate is None else f"{rate:.0f}",
            quality_label(result["quality"]["score"]),
        )
        self._rows.append((file, cells))

    def refuse(self, file: str, error: HeartSenseError) -> None:
        print_refusal(file, error)
        self._rows.append((file, (Text("refused", style="red"), "-", "-")))

    def close(self) -> None:
        _print_table(("Findings", "bpm", "Quality"), self._rows)


class DigitizationTable:
    """Shows layout, scales, length and quality, a row a file, when all are read."""

    def __init__(self) -> None:
        self._rows: list[_Row] = []

    def show(self, file: str, digitized: Digitized) -> None:
        cells = (
            digitized.layout,
            f"{digitized.speed:g}",
            f"{digitized.gain:g}",
            f"{digitized.ecg.duration:.1f}",
            quality_label(digitized.quality.score),
        )
        self._rows.append((file, cells))

    def refuse(self, file: str, error: HeartSenseError) -> None:
        print_refusal(file, error)
        self._rows.append((file, (Text("refused", style="red"), *"----")))

    def close(self) -> None:
        _print_table(("Layout", "mm/s", "mm/mV", "Seconds", "Quality"), self._rows)


def _print_table(columns: Sequence[str], rows: Sequence[_Row]) -> None:
    """Print the rows, their files' common folder once, above the names."""
    if not rows:
        return
    folder = _common_folder([file for file, _ in rows])
    first, *others = columns
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column(Text(printable(folder) or "File"), overflow="fold")
    table.add_column(first)
    for column in others:
        table.add_column(column, justify="right")
    for file, cells in rows:
        table.add_row(Text(printable(file.removeprefix(folder))), *cells)
    console = Console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console = Console(width=_UNLIMITED)
    console.print(table)
    console.print(Text(DISCLAIMER, style="italic"))


def _common_folder(files: Sequence[str]) -> str:
    """The folder that all files are in, with a slash at its end, or nothing."""
    folders = [os.path.dirname(file) for file in files]  # noqa: PTH120 - names may be any text
    if "" in folders or len({os.path.isabs(folder) for folder in folders}) > 1:  # noqa: PTH117
        return ""
    folder = os.path.commonpath(folders)
    prefix = folder if folder.endswith(os.sep) else folder + os.sep
    return prefix if folder and all(file.startswith(prefix) for file in files) else ""
