"""Columns of leads that adjoin: placed where the evidence for borders is strongest."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.standard_columns import column_width
from heartsense.numeric import Floats

MAX_WIDTH_DEVIATION: Final = 0.05
"""Relative difference of the mean column width from the standard at which nothing is cropped."""

MAX_MARGIN_PX: Final = 0.5 * PX_PER_MM
"""Paper right of the signal up to which the picture may have cut off the last column."""

MIN_CUT_EVIDENCE: Final = 1.0
"""How much more must speak for columns of standard width than for a complete page."""

STANDARD_BONUS: Final = 1.0
"""How much more must speak for columns of another width than of the standard one."""

MAX_BORDER_SHIFT_PX: Final = 3.0 * PX_PER_MM
"""Distance of the first column from the first signal on a page that is not cropped."""

MAX_CROPPED_SHARE: Final = 0.9
"""Part of the first column that may be missing on a cropped page."""

CROPPED_TRUST: Final = 0.25
"""In the ends of the signal on such a page: either may be cut off."""

STRETCHES: Final = np.linspace(0.98, 1.02, 9)
"""Widths that are tried, relative to the expected one."""
STRETCH_COST: Final = 20.0
STANDARD_STRETCH_COST: Final = 150.0
"""Of widths read off the page, and of the standard one, from which grids differ little."""

END_COST_PER_PX: Final = 0.15
"""Cost of distance between the outer borders and the first and last signal."""
UNCOVERED_COST_PER_PX: Final = 1.0
UNCOVERED_TOLERANCE_PX: Final = 1.0 * PX_PER_MM
"""Signal that may lie right of the last column at no cost."""


@dataclass(frozen=True, slots=True)
class SignalEnds:
    """The first and the last point of signal, and how far they tell where columns begin and end.

    Attributes
    ----------
    start, end : float
        Pixel columns.
    trust : tuple of float
        In each of them, 0 to 1.
    """

    start: float
    end: float
    trust: tuple[float, float] = (1.0, 1.0)


@dataclass(frozen=True, slots=True)
class _Placement:
    """Edges of adjoining columns, shape (columns + 1,), and how much speaks for them."""

    edges: Floats
    score: float


def fit_edges(evidence: Floats, ends: SignalEnds, columns: int, *, has_grid: bool) -> Floats:
    """Edges of adjoining columns.

    A page that shows all of its traces is divided evenly, or into columns of standard width. On a
    cropped page the columns keep their standard width.

    Parameters
    ----------
    evidence : float64 array, shape (width,)
        For a border at each pixel column.
    ends : SignalEnds
    columns : int
    has_grid : bool
        Whether millimetres are known, so that the standard width of a column can be used.

    Returns
    -------
    float64 array, shape (columns + 1,)
    """
    standard = column_width(columns)
    width = (ends.end - ends.start) / columns
    deviation = min(abs(width / (standard * speed) - 1) for speed in (1.0, 2.0))
    if not has_grid or deviation < MAX_WIDTH_DEVIATION:
        return _place_complete(evidence, ends, columns, has_grid=has_grid).edges
    if width < standard:
        shifts = (MAX_CROPPED_SHARE * standard, UNCOVERED_TOLERANCE_PX)
        cropped = replace(ends, trust=(CROPPED_TRUST, CROPPED_TRUST))
        cost = STANDARD_STRETCH_COST
        return _place_columns(
            evidence, cropped, columns, standard, shifts, cost, is_cropped=True
        ).edges
    return np.linspace(ends.start, ends.end + 1, columns + 1)


def _place_complete(
    evidence: Floats, ends: SignalEnds, columns: int, *, has_grid: bool
) -> _Placement:
    """Columns of a page that shows all of its traces, or lacks a part of the last column."""
    standard, width = column_width(columns), (ends.end - ends.start) / columns
    shifts = (MAX_BORDER_SHIFT_PX, MAX_BORDER_SHIFT_PX)
    even = _place_columns(evidence, ends, columns, width, shifts)
    if not has_grid:
        return even
    nearest = standard * (2.0 if width > 1.5 * standard else 1.0)
    usual = _place_columns(evidence, ends, columns, nearest, shifts, STANDARD_STRETCH_COST)
    complete = usual if usual.score > even.score - STANDARD_BONUS else even
    if width >= standard or ends.end < len(evidence) - MAX_MARGIN_PX:
        return complete
    whole = replace(ends, end=ends.start + columns * standard)
    cut = _place_columns(evidence, whole, columns, standard, shifts)
    return cut if cut.score > complete.score + MIN_CUT_EVIDENCE else complete


def _place_columns(
    evidence: Floats,
    ends: SignalEnds,
    columns: int,
    width: float,
    shifts: tuple[float, float],
    stretch_cost: float = STRETCH_COST,
    *,
    is_cropped: bool = False,
) -> _Placement:
    """Place columns of nearly ``width`` so that their borders have the most evidence.

    ``shifts`` are the pixels by which the first column may begin left and right of the signal. On
    a cropped page names at the outer borders count too; else only the signal's ends do.
    """
    offsets = np.arange(ends.start - shifts[0], ends.start + shifts[1] + 1)
    steps = np.arange(columns + 1.0)
    best = _Placement(ends.start + steps * width, -np.inf)
    for stretch in STRETCHES:
        placed = offsets[:, None] + steps * width * stretch
        borders = placed if is_cropped else placed[:, 1:-1]
        inside = (borders >= 0) & (borders < len(evidence))
        nearest = np.clip(borders, 0, len(evidence) - 1).astype(int)
        score = (evidence[nearest] * inside).sum(axis=1)
        beside = np.abs(placed[:, [0, -1]] - (ends.start, ends.end + 1))
        score -= END_COST_PER_PX * (beside @ np.array(ends.trust))
        uncovered = np.maximum(ends.end - placed[:, -1] - UNCOVERED_TOLERANCE_PX, 0)
        score -= UNCOVERED_COST_PER_PX * uncovered
        score -= stretch_cost * abs(stretch - 1)
        top = int(np.argmax(score))
        if score[top] > best.score:
            best = _Placement(placed[top], float(score[top]))
    return best
