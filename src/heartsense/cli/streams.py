"""Results on standard output for programs: JSON Lines and CSV."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

from rich.console import Console

from heartsense.cli.terminal import print_refusal, print_remarks
from heartsense.ecg import Digitized
from heartsense.errors import HeartSenseError
from heartsense.scale_warnings import in_words


class JsonLines:
    """Prints a line of JSON a file; what is not a number is null."""

    def show(self, file: str, result: dict[str, Any]) -> None:
        _print_line({"file": file, **result})

    def refuse(self, file: str, error: HeartSenseError) -> None:
        _print_line({"file": file, "error": error.to_dict()})

    def close(self) -> None:
        """Every line was printed when its file was done."""


class Csv:
    """Writes the leads of one file, and to standard error what to know about them."""

    def show(self, file: str, digitized: Digitized) -> None:
        sys.stdout.write(digitized.ecg.to_csv())
        print_remarks(Console(stderr=True, soft_wrap=True), "Warning", in_words(digitized.warnings))

    def refuse(self, file: str, error: HeartSenseError) -> None:
        print_refusal(file, error)

    def close(self) -> None:
        """Everything was written when the file was done."""


def _print_line(record: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(_plain(record), allow_nan=False) + "\n")
    sys.stdout.flush()  # a reader of the pipe gets each result when it is there


def _plain(value: Any) -> Any:
    """JSON's own types: numpy scalars unpacked, not-a-number to None, tuples to lists."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
