"""Results as tables, for people."""

import math
import os
from collections.abc import Iterable
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from heartsense.ecg import Digitized
from heartsense.errors import HeartSenseError

DISCLAIMER: Final = "HeartSense is not a medical device. A doctor must read every ECG."

_STATUS: Final = {
    "present": ("present", "bold red"),
    "absent": ("not found", "green"),
    "uncertain": ("uncertain", "yellow"),
    "not_assessed": ("not assessed", "dim"),
}
_UNITS: Final = {"bpm": "bpm", "ms": "ms", "deg": "°", "mv": "mV", "s": "s"}
_NAMES: Final = {
    "pr_ms": "PR interval",
    "qrs_ms": "QRS duration",
    "qt_ms": "QT interval",
    "qtc_ms": "QTc (corrected QT)",
    "axis_deg": "QRS axis",
}


def show_refusal(file: str, error: HeartSenseError) -> None:
    """Print a refusal to the standard error."""
    console = Console(stderr=True, soft_wrap=True)
    console.print(Text(f"{_printable(file)}: {error.message} ({error.code})", style="red"))


def show_result(file: str, result: dict[str, Any]) -> None:
    """Print findings, measurements, quality and warnings of one picture."""
    console = Console()
    console.print()
    console.print(Text(_printable(file), style="bold"), _reading(result))
    console.print(_findings(result["conditions"]))
    console.print(_measurements(result["measurements"]))
    _print_remarks(console, "Reason", result.get("reasons", ()))
    _print_remarks(console, "Quality", result["quality"].get("reasons", ()))
    _print_remarks(console, "Warning", result.get("warnings", ()))
    console.print(Text(DISCLAIMER, style="italic"))


def show_digitized(file: str, digitized: Digitized) -> None:
    """Print what was read off one picture: layout, scales, leads and quality."""
    console = Console()
    pitch = "no grid" if digitized.pitch is None else f"{digitized.pitch:.2f} px/mm"
    rows = {
        "Layout": digitized.layout,
        "Grid": f"{pitch}, turned {round(digitized.rotation, 1) + 0.0:g}°",
        "Speed": f"{digitized.speed:g} mm/s ({digitized.speed_source})",
        "Gain": f"{digitized.gain:g} mm/mV ({digitized.gain_source})",
        "Length": f"{digitized.ecg.duration:.2f} s at {digitized.ecg.rate:g} Hz",
        "Shown": ", ".join(
            f"{lead} {share:.0%}" for lead, share in digitized.quality.coverage.items() if share > 0
        ),
        "Quality": f"{digitized.quality.score:.2f}",
    }
    table = Table(title=Text(_printable(file), style="bold"), show_header=False)
    for name, value in rows.items():
        table.add_row(name, Text(value))
    console.print(table)
    _print_remarks(console, "Quality", digitized.quality.reasons)
    _print_remarks(console, "Warning", digitized.warnings)
    console.print(Text(DISCLAIMER, style="italic"))


def _reading(result: dict[str, Any]) -> Text:
    quality = result["quality"]["score"]
    score = "unknown" if quality is None else f"{quality:.2f}"
    return Text(f"layout {result['layout']}, quality {score}", style="dim")


def _findings(conditions: Iterable[dict[str, Any]]) -> Table:
    table = Table("Condition", "Status", "Probability", "Votes", title="Findings")
    for condition in conditions:
        words, style = _STATUS.get(condition["status"], (condition["status"], ""))
        probability = condition["probability"]
        votes = [vote for vote in (condition["votes"] or {}).values() if vote is not None]
        table.add_row(
            condition["title"],
            Text(words, style=style),
            "-" if probability is None else f"{probability:.0%}",
            f"{sum(map(bool, votes))} of {len(votes)}" if votes else "-",
        )
    return table


def _measurements(measurements: dict[str, float | None]) -> Table:
    table = Table("Measurement", "Value", title="Measurements")
    for key, value in measurements.items():
        stem, _, suffix = key.rpartition("_")
        unit = _UNITS.get(suffix)
        name = _NAMES.get(key, (stem if unit else key).replace("_", " ").capitalize())
        table.add_row(name, _quantity(value, unit))
    return table


def _quantity(value: float | None, unit: str | None) -> str:
    if value is None or not math.isfinite(value):
        return "not measurable"
    number = f"{value:.2f}" if unit in {"mV", "s", None} else f"{value:.0f}"
    return number + ("" if unit is None else unit if unit == "°" else f" {unit}")


def _print_remarks(console: Console, kind: str, remarks: Iterable[str]) -> None:
    for remark in remarks:
        console.print(Text(f"{kind}: {remark}", style="yellow"))


def _printable(file: str) -> str:
    """A file name any terminal can show, whatever bytes it has."""
    return os.fsencode(file).decode(errors="replace")
