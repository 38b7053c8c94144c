"""The calibration pulse: a rectangle one millivolt tall at the start or the end of the rows."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.sheet import PX_PER_MM

Floats = NDArray[np.float64]

MIN_WIDTH, MAX_WIDTH = 1.2 * PX_PER_MM, 8.0 * PX_PER_MM
MIN_HEIGHT: Final = 3.5 * PX_PER_MM
MARGIN: Final = 35 * PX_PER_MM
"""A pulse lies within this distance of the first or the last ink of its row."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """A calibration pulse: its columns ``left`` to ``right``, its height in millimetres."""

    left: int
    right: int
    height: float


def find_pulse(curves: list[Floats], baselines: list[float]) -> Pulse | None:
    """Find the pulse that all rows share.

    The pulse stands at the same columns of every row and is flat on top and equally tall in all;
    no wave of an ECG is that in leads as different as I, II and III.

    Parameters
    ----------
    curves : list of float64 arrays, shape (columns,)
        Height of each row's trace, downwards positive, NaN where there is none.
    """
    above = np.stack([_foot(c, b) - c for c, b in zip(curves, baselines, strict=True)])
    shown = np.isfinite(above).any(axis=0)
    if not shown.any():
        return None
    first, last = np.flatnonzero(shown)[[0, -1]]
    voters = max(1, round(0.75 * len(curves)))
    raised = (np.nan_to_num(above, nan=0.0) > MIN_HEIGHT).sum(axis=0) >= voters
    for left, right in _stretches(raised):
        near_edge = left < first + MARGIN or right > last - MARGIN
        if near_edge and MIN_WIDTH <= right - left <= MAX_WIDTH:
            height = _common_height(above[:, left:right], voters)
            if height is not None:
                return Pulse(left, right, height / PX_PER_MM)
    return None


def _foot(curve: Floats, baseline: float) -> float:
    """The level a row's pulse stands on: the median of its trace (its baseline if it has none)."""
    return float(np.nanmedian(curve)) if np.isfinite(curve).any() else baseline


def _stretches(marked: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _common_height(above: Floats, voters: int) -> float | None:
    """The plateau's height in pixels if it is flat, and the same in enough rows."""
    inner = above[:, above.shape[1] // 4 : max(above.shape[1] // 4 + 1, -above.shape[1] // 4)]
    heights = np.nanmedian(inner, axis=1)
    flat = np.nanmax(inner, axis=1) - np.nanmin(inner, axis=1) < 0.5 * PX_PER_MM
    middle = np.nanmedian(heights)
    agree = flat & (np.abs(heights - middle) < 0.1 * middle)
    return float(np.median(heights[agree])) if agree.sum() >= voters else None
