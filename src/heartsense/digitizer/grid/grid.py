"""The millimetre grid of a flat page: its scale, its rotation, and how far to trust it."""

from dataclasses import dataclass
from typing import Final

import numpy as np

MAX_STRAIGHT_DEGREES: Final = 8.0
"""Of a page that lies straight."""

MIN_DARK_CONTRAST: Final = 15.0
"""Contrast from which a grid as dark as the ink is none of text and traces."""

FAINT_CONTRAST: Final = 10.0
"""Contrast below which a grid may be none. On turned pages without a grid, names and traces have 4
to 7."""

MIN_BROKEN_CONTRAST: Final = 8.0
MIN_BROKEN_EVENNESS: Final = 1.3
MAX_BROKEN_PITCH_DIFFERENCE: Final = 0.015
"""Contrast and evenness that pieces of a grid need, and how much their pitches may differ. Scans
with a tenth of their grid left have 10 to 13, 1.36 to 1.7 and 0.001 to 0.008. Of 100 charts, pages
of text and photographs, only those on drawn grids have all of that."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Scale and rotation of a page.

    Attributes
    ----------
    pitch_x, pitch_y : float
        Pixels per millimetre along x and y.
    rotation : float
        Degrees, counter-clockwise positive.
    contrast : float
        How far the clearest harmonic of the fainter of both combs stands above the spectrum around
        it. Infinite for a grid that was followed, and for a scale without one.
    evenness : float
        Median contrast of the harmonics of 5 mm, relative to that between them, of the fainter of
        both combs: 1 without a grid.
    is_ink : bool
        Whether it is even and shows only among the ink: in black and white all of it is as dark as
        the trace, and pieces may be lost.
    """

    pitch_x: float
    pitch_y: float
    rotation: float
    contrast: float = np.inf
    evenness: float = np.inf
    is_ink: bool = False

    @property
    def lies_straight(self) -> bool:
        """Whether the page is rotated by no more than a scan or a picture held in the hand is."""
        return abs(self.rotation) <= MAX_STRAIGHT_DEGREES

    @property
    def pitch_difference(self) -> float:
        """How much the pitches along and down the page differ, relative."""
        return abs(self.pitch_x / self.pitch_y - 1)

    @property
    def is_broken(self) -> bool:
        """Whether a scanner left so little of it that the leads must confirm it."""
        return self.is_ink and self.contrast < MIN_DARK_CONTRAST

    @property
    def is_sure(self) -> bool:
        """Whether it stands out too far to be names and traces, or pieces of a grid."""
        return self.contrast >= FAINT_CONTRAST and not self.is_broken

    @property
    def may_be_pieces(self) -> bool:
        """Whether what stands out so little is even enough to be pieces of a grid."""
        return (
            self.contrast > MIN_BROKEN_CONTRAST
            and self.evenness > MIN_BROKEN_EVENNESS
            and self.pitch_difference < MAX_BROKEN_PITCH_DIFFERENCE
        )
