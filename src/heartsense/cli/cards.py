"""The result of one file in full, for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from heartsense.cli.terminal import (
    DISCLAIMER,
    STATUS_STYLES,
    URGENCY_STYLES,
    print_refusal,
    print_remarks,
    printable,
)
from heartsense.conclusion import statement_in_words
from heartsense.ecg import Digitized
from heartsense.errors import HeartSenseError
from heartsense.reference_ranges import MeasurementRow, Sex, measurement_rows, quality_label
from heartsense.scale_warnings import in_words

_SOURCES: Final = {
    "legend": "printed on the page",
    "pulse": "from the calibration pulse",
    "layout": "from the layout",
    "standard": "assumed",
}


class ClassificationCard:
    """Shows findings, measurements, quality and warnings.

    Sex and age decide which normal ranges hold.
    """

    def __init__(self, sex: Sex | None = None, age: int | None = None) -> None:
        self._sex = sex
        self._age = age

    def show(self, file: str, result: dict[str, Any]) -> None:
        console = Console()
        if result["retake"]:
            console.print(Text(printable(file), style="bold"))
            console.print(_retake(result))
        else:
            console.print(Text(printable(file), style="bold"), _reading(result))
            style = URGENCY_STYLES[result["urgency"]]
            console.print(Text(result["headline"], style="bold"))
            console.print(Text(result["what_to_do"]["title"], style=style))
            console.print(_findings(result["conditions"]))
            rows = measurement_rows(result["measurements"], self._sex, self._age)
            console.print(_measurements(rows))
            print_remarks(console, "Beats", _beats(result))
            print_remarks(console, "Evidence", _evidence(result))
            print_remarks(console, "Also", _statements(result))
            print_remarks(console, "Reason", _reasons(result))
            print_remarks(console, "Advice", _advice(result))
        print_remarks(console, "Warning", result["warnings"])

    def refuse(self, file: str, error: HeartSenseError) -> None:
        print_refusal(file, error)

    def close(self) -> None:
        """Everything was printed when the file was done."""


class DigitizationCard:
    """Shows layout, scales, leads and quality."""

    def show(self, file: str, digitized: Digitized) -> None:
        console = Console()
        table = Table(title=Text(printable(file), style="bold"), show_header=False)
        for name, value in _scales(digitized).items():
            table.add_row(name, Text(value))
        console.print(table)
        print_remarks(console, "Quality", digitized.quality.reasons)
        print_remarks(console, "Advice", [digitized.advice.text] if digitized.advice else [])
        print_remarks(console, "Warning", in_words(digitized.warnings))
        console.print(Text(DISCLAIMER, style="italic"))

    def refuse(self, file: str, error: HeartSenseError) -> None:
        print_refusal(file, error)

    def close(self) -> None:
        """Everything was printed when the file was done."""


def _retake(result: dict[str, Any]) -> Panel:
    """Why nothing could be assessed, and what to do: in place of all else."""
    lines = [*result["reasons"], result["what_to_do"]["text"]]
    title = Text(result["what_to_do"]["title"], style="bold")
    return Panel(Text("\n".join(lines)), title=title, title_align="left", style="yellow")


def _statements(result: dict[str, Any]) -> Iterable[str]:
    return map(statement_in_words, result.get("statements", ()))


def _beats(result: dict[str, Any]) -> Iterable[str]:
    beats = result.get("beats")
    return [beats["summary"]] if beats else []


def _evidence(result: dict[str, Any]) -> Iterable[str]:
    """What counted most for each likely condition."""
    for condition in result["conditions"]:
        texts = [item["text"] for item in condition.get("evidence", ())]
        if condition["status"] == "likely" and texts:
            yield f"{condition['title']}: {'; '.join(texts)}."


def _advice(result: dict[str, Any]) -> Iterable[str]:
    advice = result.get("advice")
    return [advice["text"]] if advice else []


def _scales(digitized: Digitized) -> dict[str, str]:
    pitch = "none" if digitized.pitch is None else f"{digitized.pitch:.2f} px/mm"
    coverage = digitized.quality.coverage.items()
    return {
        "Layout": digitized.layout,
        "Grid": pitch,
        "Rotation": f"{round(digitized.rotation, 1) + 0.0:g}°",
        "Speed": f"{digitized.speed:g} mm/s ({_SOURCES[digitized.speed_source]})",
        "Gain": f"{digitized.gain:g} mm/mV ({_SOURCES[digitized.gain_source]})",
        "Length": f"{digitized.ecg.duration:.2f} s at {digitized.ecg.rate:g} Hz",
        "Leads": ", ".join(f"{lead} {share:.0%}" for lead, share in coverage if share > 0),
        "Quality": _quality(digitized.quality.score),
    }


def _reading(result: dict[str, Any]) -> Text:
    quality = _quality(result["quality"]["score"])
    return Text(f"layout {result['layout']}, quality {quality}", style="dim")


def _quality(score: float) -> str:
    return f"{quality_label(score)} ({score:.2f})"


def _findings(conditions: Iterable[dict[str, Any]]) -> Table:
    table = Table("Condition", "Status", "Probability", "Votes", title="Findings")
    for condition in conditions:
        status = condition["status"]
        probability = condition["probability"]
        votes = [vote for vote in (condition["votes"] or {}).values() if vote is not None]
        table.add_row(
            condition["title"],
            Text(condition["status_label"], style=STATUS_STYLES[status]),
            "-" if probability is None or status == "not_assessed" else f"{probability:.0%}",
            f"{sum(map(bool, votes))} of {len(votes)}" if votes else "-",
        )
    return table


def _measurements(rows: Iterable[MeasurementRow]) -> Table:
    table = Table("Measurement", "Value", "Normal range", "Compared", title="Measurements")
    for row in rows:
        outside = row.comparison in {"low", "high"}
        word = Text(row.word or "-", style="yellow" if outside else "")
        table.add_row(row.title, row.value or "not measurable", row.normal_range or "-", word)
    return table


def _reasons(result: dict[str, Any]) -> Iterable[str]:
    """Why a result is uncertain: for the whole image, then for single conditions."""
    yield from result["reasons"]
    for condition in result["conditions"]:
        unsure = condition["status"] in {"possible", "not_assessed"}
        if unsure and condition["reason"] not in result["reasons"]:
            yield f"{condition['title']}: {condition['reason']}"
