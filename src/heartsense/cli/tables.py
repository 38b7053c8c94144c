"""Results as tables, for people."""

import os
from collections.abc import Iterable
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from heartsense.ecg import Digitized
from heartsense.errors import HeartSenseError
from heartsense.measurements import REFERENCE_RANGES, ReferenceRange
from heartsense.reference_ranges import quality_label

DISCLAIMER: Final = "HeartSense is not a medical device. A doctor must read every ECG."

_STATUS: Final = {
    "present": ("present", "bold red"),
    "absent": ("not found", "green"),
    "uncertain": ("uncertain", "yellow"),
    "not_assessed": ("not assessed", "dim"),
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
    _print_remarks(console, "Reason", _reasons(result))
    _print_remarks(console, "Warning", result["warnings"])


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
        "Quality": f"{quality_label(digitized.quality.score)} ({digitized.quality.score:.2f})",
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
    score = "unknown" if quality is None else f"{quality_label(quality)} ({quality:.2f})"
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
    table = Table("Measurement", "Value", "Usual in adults", title="Measurements")
    for name, quantity in REFERENCE_RANGES.items():
        value = measurements[name]
        digits = 2 if quantity.unit == "mV" else 0
        table.add_row(
            quantity.title,
            "not measurable" if value is None else f"{value:.{digits}f} {quantity.unit}",
            _usual(quantity),
        )
    return table


def _usual(quantity: ReferenceRange) -> str:
    match quantity.low, quantity.high:
        case None, None:
            return "-"
        case None, high:
            return f"up to {high:g}"
        case low, None:
            return f"from {low:g}"
        case low, high:
            return f"{low:g} to {high:g}"


def _reasons(result: dict[str, Any]) -> Iterable[str]:
    """Why an answer is uncertain: for the whole picture, then for single conditions."""
    yield from result["reasons"]
    for condition in result["conditions"]:
        unsure = condition["status"] in {"uncertain", "not_assessed"}
        if unsure and condition["reason"] not in result["reasons"]:
            yield f"{condition['title']}: {condition['reason']}"


def _print_remarks(console: Console, kind: str, remarks: Iterable[str]) -> None:
    for remark in remarks:
        console.print(Text(f"{kind}: {remark}", style="yellow"))


def _printable(file: str) -> str:
    """A file name any terminal can show, whatever bytes it has."""
    return os.fsencode(file).decode(errors="replace")
