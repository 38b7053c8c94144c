"""The curves of several rows through ink that they share.

Where an S wave runs down into the R wave of the next row, both are one run of ink in each column.
Which stroke is whose is seen from the sides of the ink, row of pixels by row of pixels: half a pen
inside each side there is a stroke. Each row has one curve that goes through such strokes. Way,
turns and paper without ink cost it something. The best curve of a row, with the strokes that the
other rows leave, is found by dynamic programming (Viterbi 1967), for all heights at once: going
down or up within a column costs the difference of two running sums. The rows take turns while all
curves together explain more (coordinate ascent).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.numeric import Floats, Indices

TRAVEL_COST: Final = 0.3
"""Of each pixel up or down; a stroke that no other row explains is worth 1."""

TURN_COST: Final = 15.0
"""Of going down after going up, or the reverse."""

OUTSIDE_COST: Final = 1.0
"""Of each pixel without ink that a curve passes."""

MAX_ROUNDS: Final = 4
MAX_SINGLE_STROKE: Final = 1.5
"""Ink is one stroke if it is at most this much wider than the pen."""


@dataclass(frozen=True, slots=True)
class SharedInk:
    """The ink of some rows in a few columns, in half columns and whole pixels.

    Attributes
    ----------
    allowed : bool array, shape (rows, half columns, height)
        Where there is ink for each row's curve; beside it costs ``OUTSIDE_COST``.
    strokes : bool array, shape (half columns, height)
        Where some curve must pass; see ``steep_strokes``.
    ends : bool array, shape (rows, 2, height)
        Where each curve begins and ends.
    levels : float64 array, shape (rows,)
        Height of each row's baseline.
    """

    allowed: NDArray[np.bool_]
    strokes: NDArray[np.bool_]
    ends: NDArray[np.bool_]
    levels: Floats


def steep_strokes(ink: NDArray[np.bool_], pen: float) -> NDArray[np.bool_]:
    """Where steep strokes must pass: half a pen inside each side of the ink.

    Parameters
    ----------
    ink : bool array, shape (columns, height)
    pen : float
        Width of the pen in pixels.

    Returns
    -------
    bool array, shape (2 * columns - 1, height)
        In half columns. Ink as wide as the pen has its stroke in the middle; ink that goes on
        beyond the first or the last column has none there.
    """
    columns, height = ink.shape
    padded = np.zeros((height, columns + 2), dtype=np.int8)
    padded[:, 1:-1] = ink.T
    change = np.diff(padded, axis=1)
    y, left = np.nonzero(change == 1)
    right = np.nonzero(change == -1)[1] - 1
    is_single = right - left + 1 <= MAX_SINGLE_STROKE * pen
    inset = np.where(is_single, right - left, pen - 1)  # in half columns
    strokes = np.zeros((2 * columns - 1, height), dtype=bool)
    for column, is_inside in (
        (2 * left + inset, left > 0),
        (2 * right - inset, right < columns - 1),
    ):
        strokes[np.round(column[is_inside]).astype(np.int64), y[is_inside]] = True
    return strokes


def fit_curves(shared: SharedInk) -> tuple[Indices, int]:
    """Fit the curves of all rows.

    Parameters
    ----------
    shared : SharedInk

    Returns
    -------
    int64 array, shape (rows, half columns + 1)
        Height of each curve before each half column, and after the last.
    int
        Pixels of strokes through which no curve passes.
    """
    rows = len(shared.allowed)
    curves = np.zeros((rows, len(shared.strokes) + 1), dtype=np.int64)
    passed = np.zeros((rows, *shared.strokes.shape), dtype=bool)
    best, best_value, best_missed = curves, -np.inf, 0
    for number in range(MAX_ROUNDS):
        for row in range(rows):
            left_over = shared.strokes & ~np.delete(passed, row, axis=0).any(axis=0)
            worth = _first_shares(shared, row) if number == 0 else np.ones(1)
            gain = left_over * worth
            curves[row] = _best_curve(shared.allowed[row], gain, shared.ends[row])
            passed[row] = _near(curves[row], shared.strokes.shape[1])
        missed = int((shared.strokes & ~passed.any(axis=0)).sum())
        value = -missed - sum(
            _cost(curve, allowed) for curve, allowed in zip(curves, shared.allowed, strict=True)
        )
        if value <= best_value:
            break
        best, best_value, best_missed = curves.copy(), value, missed
    return best, best_missed


def _first_shares(shared: SharedInk, row: int) -> Floats:
    """What strokes are worth to a row in the first round, shape (height,).

    From 1 at its own baseline it falls to 0 at those of the rows above and below.
    """
    height = np.arange(shared.strokes.shape[1])
    share = np.ones(len(height))
    for level in np.delete(shared.levels, row):
        distance = level - shared.levels[row]
        if abs(distance) > 1:
            share = np.minimum(share, 1 - (height - shared.levels[row]) / distance)
    return np.clip(share, 0.0, 1.0)


def _best_curve(allowed: NDArray[np.bool_], gain: Floats, ends: NDArray[np.bool_]) -> Indices:
    """The curve that gains most, shape (half columns + 1,).

    ``down`` and ``up`` hold the most that a curve can have gained which arrives at each height
    going down or up. From height a down to b a curve gains ``level[b] - level[a]``, so that the
    best origin is a running maximum.
    """
    height = allowed.shape[1]
    value = np.where(allowed, gain, -OUTSIDE_COST) - TRAVEL_COST
    levels = np.cumsum(value, axis=1) - value / 2
    stay = np.where(allowed, 0.0, -OUTSIDE_COST)
    order = np.arange(height)
    up = down = np.where(ends[0], 0.0, -np.inf)
    steps = []
    for level, here in zip(levels, stay, strict=True):
        goes_on_down, goes_on_up = down >= up - TURN_COST, up >= down - TURN_COST
        from_above = np.where(goes_on_down, down, up - TURN_COST) - level
        from_below = (np.where(goes_on_up, up, down - TURN_COST) + level)[::-1]
        best_above = np.maximum.accumulate(from_above)
        best_below = np.maximum.accumulate(from_below)
        above = np.maximum.accumulate(np.where(from_above >= best_above, order, 0))
        below = np.maximum.accumulate(np.where(from_below >= best_below, order, 0))
        steps.append((above, height - 1 - below[::-1], goes_on_down, goes_on_up))
        down, up = best_above + level + here, best_below[::-1] - level + here
    down, up = (np.where(ends[1], arrived, -np.inf) for arrived in (down, up))
    is_down = bool(down.max() >= up.max())
    y = int(np.argmax(down if is_down else up))
    curve = [y]
    for above, below, goes_on_down, goes_on_up in reversed(steps):
        y = int(above[y] if is_down else below[y])
        is_down = bool(goes_on_down[y]) if is_down else not goes_on_up[y]
        curve.append(y)
    return np.array(curve[::-1], dtype=np.int64)


def _passed(curve: Indices, height: int) -> NDArray[np.bool_]:
    """What a curve passes in each half column, shape (half columns, height)."""
    low, high = np.minimum(curve[:-1], curve[1:]), np.maximum(curve[:-1], curve[1:])
    y = np.arange(height)
    return np.asarray((y >= low[:, None]) & (y <= high[:, None]))


def _near(curve: Indices, height: int) -> NDArray[np.bool_]:
    """What a curve passes, and the half columns beside it: strokes are no more exact."""
    passed = _passed(curve, height)
    near = passed.copy()
    near[1:] |= passed[:-1]
    near[:-1] |= passed[1:]
    return near


def _cost(curve: Indices, allowed: NDArray[np.bool_]) -> float:
    """What a curve costs by its way, its turns and by leaving the ink."""
    moves = np.diff(curve)
    directions = np.sign(moves[moves != 0])
    turns = np.count_nonzero(np.diff(directions))
    outside = np.count_nonzero(_passed(curve, allowed.shape[1]) & ~allowed)
    return float(TRAVEL_COST * np.abs(moves).sum() + TURN_COST * turns + OUTSIDE_COST * outside)
