"""What makes a page's scale uncertain, in the words of every screen."""

from collections.abc import Iterable
from typing import Final

ASSUMED: Final = "standard"
"""The source of a speed or gain that the page does not show."""

SCALE_WARNINGS: Final = {
    "scale_without_grid": (
        "The image has no grid. The scale was taken from its layout, so the numbers are less "
        "certain."
    ),
    "speed_assumed": (
        "The paper speed could not be read. HeartSense assumed 25 mm/s. If that is wrong, the "
        "heart rate and all times are wrong too."
    ),
    "gain_assumed": (
        "The gain could not be read. HeartSense assumed 10 mm/mV. If that is wrong, the voltages "
        "are wrong too, and so is what they say of a thick heart muscle."
    ),
}
"""By code. A code never changes its meaning."""

ASSUMED_GAIN_REASON: Final = "The gain was assumed, so this may be wrong."
"""Beside what is judged by the height of the waves."""


def assumed_scale(speed_source: str, gain_source: str) -> tuple[str, ...]:
    """Codes of what was assumed for want of a better source."""
    sources = {"speed_assumed": speed_source, "gain_assumed": gain_source}
    return tuple(code for code, source in sources.items() if source == ASSUMED)


def in_words(codes: Iterable[str]) -> tuple[str, ...]:
    """The sentence of each code."""
    return tuple(SCALE_WARNINGS[code] for code in codes)
