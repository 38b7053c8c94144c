"""Formats probabilities, measurements, image quality, links and times for patients."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from heartsense.reference_ranges import (
    REFERENCE_RANGES,
    QualityLabel,
    ReferenceRange,
    quality_label,
)

_QUALITY: Final[dict[QualityLabel, str]] = {
    "good": "Good. The image was easy to read.",
    "fair": "Fair. Some parts of the image were hard to read.",
    "poor": "Poor. Little of the image could be read.",
}

_MEANING: Final = {
    "heart_rate_bpm": "beats per minute",
    "rr_spread_ms": "how much the time between beats varies",
    "pr_ms": "from the start in the upper heart to the lower heart",
    "qrs_ms": "time in which the signal spreads through the lower heart",
    "qt_ms": "from the start of a beat until the heart has recovered",
    "qtc_ms": "QT as it would be at 60 beats per minute",
    "axis_deg": "main direction of the signal",
    "sokolow_lyon_mv": "size of the signal in the chest leads",
    "cornell_mv": "size of the signal, measured in a second way",
}
"""Each measurement in plain words."""

_PERCENT: Final = "\N{NO-BREAK SPACE}%"

_SOURCES: Final = {
    "www.nhs.uk": "NHS",
    "www.bhf.org.uk": "British Heart Foundation",
    "www.heart.org": "American Heart Association",
    "www.nhlbi.nih.gov": "US National Heart, Lung, and Blood Institute",
}


@dataclass(frozen=True, slots=True)
class MeasurementRow:
    """A row of the table of measurements; `flag` is "", "low" or "high"."""

    title: str
    meaning: str
    value: str
    normal_range: str
    flag: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link for further reading: its source, its address, and the address without scheme."""

    source: str
    url: str
    display_url: str


def percent(probability: float) -> str:
    """A probability in percent; never 0 or 100 %, as no result is certain."""
    if probability < 0.01:
        return f"under 1{_PERCENT}"
    if probability > 0.99:
        return f"over 99{_PERCENT}"
    return f"{round(100 * probability)}{_PERCENT}"


def quality(score: float) -> str:
    """The image quality in words."""
    return _QUALITY[quality_label(score)]


def measurement_rows(values: Mapping[str, float | None]) -> tuple[MeasurementRow, ...]:
    """The measurements that have a value, in their canonical order."""
    return tuple(
        _measurement_row(name, reference, value)
        for name, reference in REFERENCE_RANGES.items()
        if (value := values.get(name)) is not None
    )


def missing_measurements(values: Mapping[str, float | None]) -> tuple[str, ...]:
    """Titles of the measurements without a value."""
    return tuple(
        reference.title for name, reference in REFERENCE_RANGES.items() if values.get(name) is None
    )


def link(url: str) -> Link:
    """A link with the name of its source."""
    display_url = url.removeprefix("https://").rstrip("/")
    host = display_url.partition("/")[0]
    return Link(_SOURCES.get(host, host), url, display_url)


def date_and_time(moment: datetime) -> str:
    """A time with the month by name, as 4/5 is ambiguous."""
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def _measurement_row(name: str, reference: ReferenceRange, value: float) -> MeasurementRow:
    # Compare the rounded value: 100.3 is shown as 100, and 100 is not above 100.
    rounded = round(value, reference.decimals)
    return MeasurementRow(
        title=reference.title,
        meaning=_MEANING[name],
        value=f"{_figure(rounded, reference)} {reference.unit}",
        normal_range=_normal_range(reference),
        flag=_flag(rounded, reference),
    )


def _normal_range(reference: ReferenceRange) -> str:
    unit = reference.unit
    low, high = (
        None if bound is None else _figure(bound, reference)
        for bound in (reference.low, reference.high)
    )
    if low is None:
        return "depends on heart rate" if high is None else f"up to {high} {unit}"
    return f"from {low} {unit}" if high is None else f"{low} to {high} {unit}"


def _flag(value: float, reference: ReferenceRange) -> str:
    if reference.low is not None and value < reference.low:
        return "low"
    return "high" if reference.high is not None and value > reference.high else ""


def _figure(value: float, reference: ReferenceRange) -> str:
    # A minus sign, as lines may break at a hyphen.
    return f"{value:.{reference.decimals}f}".replace("-", "\N{MINUS SIGN}")
