"""How wide the columns of leads are on a standard page."""

from typing import Final

from heartsense.digitizer.rectified_page import PX_PER_MM

PAGE_SECONDS: Final = 10.0
"""That a standard page shows, in one, two or four columns of leads."""

PX_PER_SECOND: Final = 25.0 * PX_PER_MM
"""At 25 mm/s."""


def page_width(speed: float = 1.0) -> float:
    """Pixels of all columns; ``speed`` relative to 25 mm/s."""
    return PAGE_SECONDS * PX_PER_SECOND * speed


def column_width(columns: int, speed: float = 1.0) -> float:
    """Pixels of each of so many columns; ``speed`` relative to 25 mm/s."""
    return page_width(speed) / columns
