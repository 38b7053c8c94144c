"""The calibration pulse by its ink alone, in rows whose traces do not follow it.

Where rows are near to each other, a pulse ends beside the row above, and that row's path goes on
along its top. Worn and copied pulses have gaps, which no path crosses.
"""

from collections.abc import Iterator
from operator import itemgetter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.calibration_pulse import (
    MAX_EDGE_DISTANCE_PX,
    STANDARD_GAINS,
    CalibrationPulse,
)
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns
from heartsense.numeric import Floats, Indices, local_maxima

Mask = NDArray[np.bool_]

MIN_ROWS: Final = 3
MIN_ROW_SHARE: Final = 0.5
"""How many rows must show the pulse: complexes do not look like it in leads so different."""

MAX_WANDER_PX: Final = 2 * PX_PER_MM + PX_PER_MM // 2
"""How far a row may lie from its mean height where its pulse stands."""

MIN_WIDTH_PX, MAX_WIDTH_PX = 4 * PX_PER_MM, 11 * PX_PER_MM
"""0.2 s at 25 and 50 mm/s, and some less: a complex and its T wave may be nearer."""

EDGE_PARTS: Final = (0.2, 0.8)
"""Of a pulse's height, in which its edges are looked for: labels and rows lie at its ends."""

MIN_EDGE_INK: Final = 0.35
MEAN_EDGE_INK: Final = 0.5
MIN_TOP_INK: Final = 0.7
MAX_INNER_INK: Final = 0.25
"""Share of inked pixels on the edges of a row, on those of all rows that show it, and on the top;
and of inked columns at half the height between them: letters fill that."""

MAX_FOOT_PX: Final = 8 * PX_PER_MM
MAX_FRONT_PX: Final = 2 * PX_PER_MM
"""Where a row may have ink in front of its pulse, and how many columns of ink farther in front:
where the signal begins there, a complex and its T wave look like a pulse."""

NEAR_PX: Final = 2
"""How far the ink may lie from where it is looked for."""


def find_drawn_pulse(runs: InkRuns, first: int, baselines: Floats) -> CalibrationPulse | None:
    """The pulse in front of the rows of a page, by its upright edges and its top.

    Its height is the standard one at which the tops are found: the trace behind it may begin beside
    the zero line that it stands on.

    Parameters
    ----------
    runs : InkRuns
        All ink, also what no path follows.
    first : int
        First column in which a row has ink.
    baselines : float64 array, shape (rows,)
        Pixels downwards.
    """
    if len(baselines) < MIN_ROWS:
        return None
    left = max(first - MAX_WIDTH_PX, 0)
    ink = _painted(runs, left, min(first + MAX_EDGE_DISTANCE_PX, runs.columns))
    found = [
        (amount, CalibrationPulse(left + begin, left + end, gain))
        for gain in STANDARD_GAINS
        for amount, begin, end in _pulses(ink, baselines, round(gain * PX_PER_MM))
    ]
    return max(found, key=itemgetter(0))[1] if found else None


def _painted(runs: InkRuns, left: int, right: int) -> Mask:
    """Where columns ``left`` to ``right`` have ink, shape (height, columns)."""
    part = slice(int(runs.first[left]), int(runs.first[right]))
    height = int(runs.bottom.max()) + 2
    change = np.zeros((height + 1, right - left), np.int32)
    columns = runs.column[part] - left
    np.add.at(change, (np.clip(np.round(runs.top[part]), 0, height).astype(int), columns), 1)
    np.add.at(change, (np.clip(np.round(runs.bottom[part]), 0, height).astype(int), columns), -1)
    return np.cumsum(change, axis=0)[:-1] > 0


def _pulses(ink: Mask, baselines: Floats, height: int) -> Iterator[tuple[float, int, int]]:
    """How much ink possible pulses have, and their first and last columns.

    Parameters
    ----------
    ink : bool array, shape (page height, columns)
    baselines : float64 array, shape (rows,)
    height : int
        Of the pulse, in pixels.
    """
    edges = _edge_ink(ink, baselines, height)
    enough = max(MIN_ROWS, MIN_ROW_SHARE * len(baselines))
    is_upright = (edges >= MIN_EDGE_INK).sum(axis=0) >= enough
    pairs = _pairs(local_maxima(np.where(is_upright, edges.mean(axis=0), 0.0)))
    if not pairs:
        return
    level = _inked_near(ink, baselines, MAX_WANDER_PX)
    wander = range(-MAX_WANDER_PX, MAX_WANDER_PX + 1, NEAR_PX)
    tops = np.stack([_inked_near(ink, baselines - height + down) for down in wander])
    middle = _inked_near(ink, baselines - height // 2)
    for begin, end in pairs:
        inner = slice(begin + NEAR_PX + 1, end - NEAR_PX)
        top = tops[:, :, inner].mean(axis=2).max(axis=0)
        edge = edges[:, [begin, end]].mean(axis=1)
        is_empty = middle[:, inner].mean(axis=1) <= MAX_INNER_INK
        front = level[:, : max(begin - MAX_FOOT_PX, 0)]
        is_first = front.sum(axis=1) <= MAX_FRONT_PX
        shown = (top >= MIN_TOP_INK) & (edge >= MIN_EDGE_INK) & is_empty & is_first
        if shown.sum() >= enough and edge[shown].mean() >= MEAN_EDGE_INK:
            yield float((top + edge)[shown].sum()), begin, end


def _pairs(columns: Indices) -> list[tuple[int, int]]:
    """Columns that are a pulse's width apart."""
    begin, end = np.meshgrid(columns, columns, indexing="ij")
    fits = (end - begin >= MIN_WIDTH_PX) & (end - begin <= MAX_WIDTH_PX)
    return [(int(a), int(b)) for a, b in zip(begin[fits], end[fits], strict=True)]


def _edge_ink(ink: Mask, baselines: Floats, height: int) -> Floats:
    """Share of ink upwards of each row at each column, shape (rows, columns)."""
    wide = ink.copy()
    wide[:, 1:] |= ink[:, :-1]
    wide[:, :-1] |= ink[:, 1:]
    sums = np.concatenate([np.zeros((1, ink.shape[1]), np.int64), np.cumsum(wide, axis=0)])
    low, high = (
        np.clip(np.round(baselines - part * height), 0, len(ink)).astype(np.int64)
        for part in EDGE_PARTS
    )
    return np.asarray((sums[low] - sums[high]) / np.maximum(low - high, 1)[:, None])


def _inked_near(ink: Mask, heights: Floats, reach: int = NEAR_PX) -> Mask:
    """Whether there is ink near a height of each row at each column, shape (rows, columns)."""
    near = np.round(heights)[:, None].astype(np.int64) + np.arange(-reach, reach + 1)
    is_on_page = (near >= 0) & (near < len(ink))
    seen = ink[np.clip(near, 0, len(ink) - 1)] & is_on_page[..., None]
    return np.asarray(seen.any(axis=1))
