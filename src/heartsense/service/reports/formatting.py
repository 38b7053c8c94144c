"""Figures in words that patients can use: likelihood, measurements, quality of the picture."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from heartsense.reference_ranges import REFERENCE_RANGES, ReferenceRange

_LIKELIHOOD: Final = (
    (0.05, "very unlikely"),
    (0.25, "unlikely"),
    (0.50, "less likely than not"),
    (0.75, "more likely than not"),
    (0.95, "likely"),
)

_QUALITY: Final = (
    (0.45, "Poor. HeartSense could read little of it."),
    (0.80, "Fair. Some parts were hard to read."),
)

_MEANING: Final = {
    "heart_rate_bpm": "beats in a minute",
    "rr_spread_ms": "how far the beats are from even",
    "pr_ms": "the signal's way from the upper to the lower heart",
    "qrs_ms": "how long the lower heart takes to fire",
    "qt_ms": "from firing until the heart is ready again",
    "qtc_ms": "the same, as it would be at 60 beats a minute",
    "axis_deg": "where the signal points",
    "sokolow_lyon_mv": "size of the signal in the chest leads",
    "cornell_mv": "size of the signal, in a second way",
}
"""What each measurement is, for somebody who never heard its name."""

_DIGITS: Final = {"mV": 2}

_PERCENT: Final = "\N{NO-BREAK SPACE}%"

_SOURCES: Final = {
    "www.nhs.uk": "NHS",
    "www.bhf.org.uk": "British Heart Foundation",
    "www.heart.org": "American Heart Association",
    "www.nhlbi.nih.gov": "US National Heart, Lung, and Blood Institute",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One line of the table of measurements; ``flag`` is "", "low" or "high"."""

    title: str
    meaning: str
    value: str
    usual: str
    flag: str


@dataclass(frozen=True, slots=True)
class Link:
    """Where to read more: who says it, the address, and the address as one prints it."""

    source: str
    url: str
    shown: str


def likelihood(probability: float) -> str:
    """A probability in words."""
    for bound, words in _LIKELIHOOD:
        if probability < bound:
            return words
    return "very likely"


def percent(probability: float) -> str:
    """A probability in figures; neither 0 nor 100 %, for nothing is that sure."""
    if probability < 0.01:
        return f"under 1{_PERCENT}"
    if probability > 0.99:
        return f"over 99{_PERCENT}"
    return f"{round(100 * probability)}{_PERCENT}"


def quality(score: float) -> str:
    """How well the picture could be read."""
    for bound, words in _QUALITY:
        if score < bound:
            return words
    return "Good. The picture was easy to read."


def measured(values: Mapping[str, float | None]) -> tuple[Measured, ...]:
    """The measurements that could be made, in their order."""
    return tuple(
        _measured(name, quantity, value)
        for name, quantity in REFERENCE_RANGES.items()
        if (value := values.get(name)) is not None
    )


def not_measured(values: Mapping[str, float | None]) -> tuple[str, ...]:
    """Titles of the measurements that could not be made."""
    return tuple(
        about.title for name, about in REFERENCE_RANGES.items() if values.get(name) is None
    )


def link(url: str) -> Link:
    """A link with its source's name."""
    shown = url.removeprefix("https://").rstrip("/")
    host = shown.partition("/")[0]
    return Link(_SOURCES.get(host, host), url, shown)


def day(moment: datetime) -> str:
    """A time as people write it; months by name, for 4/5 is two days in one year."""
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def _measured(name: str, about: ReferenceRange, value: float) -> Measured:
    # What is compared is what is shown: 100.3 reads as 100, and 100 is not above 100.
    shown = round(value, _DIGITS.get(about.unit, 0))
    return Measured(
        title=about.title,
        meaning=_MEANING[name],
        value=f"{_figure(shown, about.unit)} {about.unit}",
        usual=_usual(about),
        flag=_flag(shown, about),
    )


def _usual(about: ReferenceRange) -> str:
    # Where these come from is said in heartsense.reference_ranges, range by range.
    low, high = (
        None if bound is None else _figure(bound, about.unit) for bound in (about.low, about.high)
    )
    if low is None:
        return "depends on the rate" if high is None else f"up to {high} {about.unit}"
    return f"from {low} {about.unit}" if high is None else f"{low} to {high} {about.unit}"


def _flag(value: float, about: ReferenceRange) -> str:
    if about.low is not None and value < about.low:
        return "low"
    return "high" if about.high is not None and value > about.high else ""


def _figure(value: float, unit: str) -> str:
    # A true minus sign; a hyphen breaks lines.
    return f"{value:.{_DIGITS.get(unit, 0)}f}".replace("-", "\N{MINUS SIGN}")
