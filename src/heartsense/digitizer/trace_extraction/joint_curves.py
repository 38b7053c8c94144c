"""The curves of several rows through ink that they share.

Where an S wave runs down into the R wave of the next row, both are one run of ink in each column.
Which stroke is whose is seen from the sides of the ink, row of pixels by row of pixels: half a pen
inside each side there is a stroke. Each row has one curve that goes through such strokes. Way,
turns and paper without ink cost it something. The best curve of a row, with the strokes that the
other rows leave, is found by dynamic programming (Viterbi 1967), for all heights at once: going
down or up within a column costs the difference of two running sums. The rows take turns while all
curves together explain more (coordinate ascent).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

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
MAX_PADDING: Final = 1.5
MAX_CELLS: Final = 400_000
"""How much taller and longer the largest place of those that are searched at once may be than the
smallest, and half columns times pixels of height that are searched at once: 20 MB."""

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


class CurveFit(NamedTuple):
    """The curves of the rows at one place.

    Attributes
    ----------
    curves : int64 array, shape (rows, half columns + 1)
        Height of each curve before each half column, and after the last.
    missed : int
        Pixels of strokes through which no curve passes.
    """

    curves: Indices
    missed: int


def fit_curves(places: Sequence[SharedInk]) -> list[CurveFit]:
    """Fit the curves of all rows at some places, each on its own: at once, as that is faster."""
    fits = [_Fit(place) for place in places]
    for _ in range(MAX_ROUNDS):
        improving = [fit for fit in fits if fit.is_improving]
        for row in range(max((fit.rows for fit in improving), default=0)):
            shown = [fit for fit in improving if row < fit.rows]
            searches = [
                _Search(fit.shared.allowed[row], fit.gain(row), fit.shared.ends[row])
                for fit in shown
            ]
            for fit, curve in zip(shown, _best_curves(searches), strict=True):
                fit.take(row, curve)
        for fit in improving:
            fit.end_round()
    return [fit.best for fit in fits]


class _Fit:
    """The fit of one place, round by round."""

    def __init__(self, shared: SharedInk) -> None:
        self.shared = shared
        self.rows = len(shared.allowed)
        self.is_improving = True
        self._curves = np.zeros((self.rows, len(shared.strokes) + 1), dtype=np.int64)
        self._passed = np.zeros((self.rows, *shared.strokes.shape), dtype=bool)
        self._is_first_round = True
        self._value = -np.inf
        self.best = CurveFit(self._curves, 0)

    def gain(self, row: int) -> Floats:
        """What the strokes that the other rows leave are worth to a row."""
        left_over = self.shared.strokes & ~np.delete(self._passed, row, axis=0).any(axis=0)
        worth = _first_shares(self.shared, row) if self._is_first_round else np.ones(1)
        return np.asarray(left_over * worth)

    def take(self, row: int, curve: Indices) -> None:
        """Let a row have a curve."""
        self._curves[row] = curve
        self._passed[row] = _near(curve, self.shared.strokes.shape[1])

    def end_round(self) -> None:
        """Keep the curves if they explain more than those of the round before."""
        missed = int((self.shared.strokes & ~self._passed.any(axis=0)).sum())
        value = -missed - sum(
            _cost(curve, allowed)
            for curve, allowed in zip(self._curves, self.shared.allowed, strict=True)
        )
        self.is_improving = value > self._value
        self._is_first_round = False
        if self.is_improving:
            self._value, self.best = value, CurveFit(self._curves.copy(), missed)


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


class _Search(NamedTuple):
    """Ink, shape (half columns, height), what it gains, and ends, shape (2, height), of a curve."""

    allowed: NDArray[np.bool_]
    gain: Floats
    ends: NDArray[np.bool_]


def _best_curves(searches: list[_Search]) -> list[Indices]:
    """The curve that gains most of each search, shape (half columns + 1,).

    Those of about the same size are searched at once.
    """
    curves: list[Indices] = [np.zeros(0, np.int64)] * len(searches)
    sizes = np.array([search.allowed.shape for search in searches])
    waiting = np.lexsort((-sizes[:, 1], -sizes[:, 0]))
    while len(waiting):
        length, tallest = sizes[waiting[0], 0], sizes[waiting[0], 1]
        is_alike = (sizes[waiting] * MAX_PADDING >= [length, tallest]).all(axis=1)
        is_alike &= sizes[waiting, 1] <= tallest
        room = max(int(MAX_CELLS // (length * tallest)), 1)
        batch = waiting[is_alike][:room]
        found = _best_curves_at_once([searches[at] for at in batch])
        for at, curve in zip(batch, found, strict=True):
            curves[at] = curve
        waiting = waiting[~np.isin(waiting, batch)]
    return curves


def _best_curves_at_once(searches: list[_Search]) -> list[Indices]:
    """The best curves of searches, the longest first.

    ``down`` and ``up`` hold the most that a curve can have gained which arrives at each height
    going down or up, shape (searches, height). From height a down to b a curve gains
    ``level[b] - level[a]``, so that the best origin is a running maximum. Lower searches have
    heights without ink below their own, that no curve gains by.
    """
    lengths = np.array([len(search.allowed) for search in searches])
    height = max(search.allowed.shape[1] for search in searches)
    levels, stay, ends = _padded(searches, lengths[0], height)
    down = np.where(ends[0], 0.0, -np.inf)
    up = down.copy()
    arrived, origins = [], []
    for step in range(lengths[0]):
        going = int(np.searchsorted(-lengths, -step))
        level, here = levels[step, :going], stay[step, :going]
        arrived.append((down[:going].copy(), up[:going].copy()))
        from_above = np.maximum(down[:going], up[:going] - TURN_COST) - level
        from_below = np.maximum(up[:going], down[:going] - TURN_COST) + level
        origins.append((from_above, from_below))
        best_above = np.maximum.accumulate(from_above, axis=1)
        best_below = np.maximum.accumulate(from_below[:, ::-1], axis=1)[:, ::-1]
        np.add(best_above, level, out=down[:going])
        np.subtract(best_below, level, out=up[:going])
        down[:going] += here
        up[:going] += here
    down, up = (np.where(ends[1], best, -np.inf) for best in (down, up))
    return [
        _followed_back(at, length, down[at], up[at], arrived, origins)
        for at, length in enumerate(lengths.tolist())
    ]


def _padded(
    searches: list[_Search], length: int, height: int
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Running sums of what curves gain, and what they gain by staying, at each half column.

    Shapes (half columns, searches, height), and of the ends (2, searches, height).
    """
    allowed = np.zeros((length, len(searches), height), dtype=bool)
    gain = np.zeros(allowed.shape)
    ends = np.zeros((2, len(searches), height), dtype=bool)
    for at, search in enumerate(searches):
        columns, own = search.allowed.shape
        allowed[:columns, at, :own] = search.allowed
        gain[:columns, at, :own] = search.gain
        ends[:, at, :own] = search.ends
    stay = np.where(allowed, 0.0, -OUTSIDE_COST)
    value = np.where(allowed, gain, -OUTSIDE_COST) - TRAVEL_COST
    levels = np.cumsum(value, axis=2) - value / 2
    return levels, stay, ends


def _followed_back(
    at: int,
    length: int,
    down: Floats,
    up: Floats,
    arrived: list[tuple[Floats, Floats]],
    origins: list[tuple[Floats, Floats]],
) -> Indices:
    """The best curve of one search, from its end to its beginning.

    Parameters
    ----------
    at, length : int
        Which search, and its half columns.
    down, up : float64 arrays, shape (height,)
        What curves gain that end at each height.
    arrived, origins : list of pairs of float64 arrays, shape (searches, height)
        Of each half column: what curves have gained before it, arriving down or up; and what they
        gain by going down, or up, from each height.
    """
    is_down = bool(down.max() >= up.max())
    y = int(np.argmax(down if is_down else up))
    curve = [y]
    for step in range(length - 1, -1, -1):
        above, below = (origin[at] for origin in origins[step])
        # Of equal ones the nearest.
        y = y - int(above[y::-1].argmax()) if is_down else y + int(below[y:].argmax())
        came_down, came_up = (best[at, y] for best in arrived[step])
        is_down = (
            bool(came_down >= came_up - TURN_COST)
            if is_down
            else bool(came_up < came_down - TURN_COST)
        )
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
