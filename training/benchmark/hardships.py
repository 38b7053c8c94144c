"""What makes a rendered page hard to read, named, so that figures can be given for each."""

from collections.abc import Callable
from typing import Final

from training.render import PageSpec

_DARK_GRID: Final = 130
_UPRIGHT_DEGREES: Final = 10.0
_COARSE_PX: Final = 3.5
_STEEP_DEGREES: Final = 12.0
_SLANTED_DEGREES: Final = 0.5

HARDSHIPS: Final[dict[str, Callable[[PageSpec], bool]]] = {
    "machine paper": lambda s: s.sheet_mm is None,
    "office print": lambda s: s.sheet_mm is not None,
    "dark grid": lambda s: s.grid != "none" and max(s.bold) < _DARK_GRID,
    "halftone grid": lambda s: s.halftone > 0,
    "worn grid": lambda s: s.grid_loss > 0,
    "worn ink": lambda s: s.ink_loss > 0,
    "no grid": lambda s: s.grid == "none",
    "slanted print": lambda s: abs(s.skew) > _SLANTED_DEGREES,
    "handwriting": lambda s: s.marks.handwriting > 0,
    "stamp or stain": lambda s: s.marks.stamps + s.marks.stains > 0,
    "under 3.5 px/mm": lambda s: s.px_per_mm < _COARSE_PX,
    "turned over 10 degrees": lambda s: (
        min(s.distortion.rotation % 360, -s.distortion.rotation % 360) > _UPRIGHT_DEGREES
    ),
    "tilted over 12 degrees": lambda s: s.distortion.tilt > _STEEP_DEGREES,
    "curled": lambda s: s.distortion.relief.curl > 0,
    "folded": lambda s: s.distortion.relief.folds > 0,
    "crumpled": lambda s: s.distortion.relief.crumple > 0,
    "edge cut off": lambda s: max(s.distortion.crop) > 0,
    "fingers": lambda s: s.distortion.fingers > 0,
    "cast shadow": lambda s: s.distortion.shadow > 0,
    "motion blur": lambda s: s.distortion.motion > 0,
    "moire": lambda s: s.distortion.moire > 0,
    "copied": lambda s: s.distortion.copies > 0,
    "black and white": lambda s: s.distortion.threshold is not None,
}
"""Name of each hardship, and whether a page has it."""


def hardships_of(spec: PageSpec) -> tuple[str, ...]:
    """The hardships of a page, in the order of ``HARDSHIPS``."""
    return tuple(name for name, has in HARDSHIPS.items() if has(spec))
