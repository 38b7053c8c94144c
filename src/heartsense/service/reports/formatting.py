"""Formats probabilities, image quality, links and times for patients."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from heartsense.reference_ranges import QualityLabel, quality_label

_QUALITY: Final[dict[QualityLabel, str]] = {
    "good": "Good. The image was easy to read.",
    "fair": "Fair. Some parts of the image were hard to read.",
    "poor": "Poor. Little of the image could be read.",
}

_PERCENT: Final = "\N{NO-BREAK SPACE}%"

_SOURCES: Final = {
    "www.nhs.uk": "NHS",
    "www.bhf.org.uk": "British Heart Foundation",
    "www.heart.org": "American Heart Association",
    "www.nhlbi.nih.gov": "US National Heart, Lung, and Blood Institute",
}


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


def link(url: str) -> Link:
    """A link with the name of its source."""
    display_url = url.removeprefix("https://").rstrip("/")
    host = display_url.partition("/")[0]
    return Link(_SOURCES.get(host, host), url, display_url)


def date_and_time(moment: datetime) -> str:
    """A time with the month by name, as 4/5 is ambiguous."""
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"
