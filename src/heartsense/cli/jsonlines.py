"""Results as JSON, one object a line, for programs."""

import json
import math
import sys
from typing import Any

from heartsense.errors import HeartSenseError


def show_result(file: str, result: dict[str, Any]) -> None:
    """Print a result as one line of JSON; what is not a number is null."""
    _print_line({"file": file, **result})


def show_refusal(file: str, error: HeartSenseError) -> None:
    """Print a refusal as one line of JSON."""
    _print_line({"file": file, "error": {"code": error.code, "message": error.message}})


def _print_line(record: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(_plain(record), allow_nan=False) + "\n")
    sys.stdout.flush()  # a reader of the pipe gets each picture when it is done


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
