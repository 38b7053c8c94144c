"""The calibration pulse: a rectangle one millivolt tall at the start or the end of the rows."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.numeric import true_runs

Floats = NDArray[np.float64]

GAINS: Final = (5.0, 10.0, 20.0)
"""Standard gains, mm/mV; the pulse is one millivolt tall."""

MIN_WIDTH, MAX_WIDTH = 1.2 * PX_PER_MM, 12.0 * PX_PER_MM
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
    height = np.stack([_above(c, b) for c, b in zip(curves, baselines, strict=True)])
    shown = np.isfinite(height).any(axis=0)
    if not shown.any():
        return None
    first, last = np.flatnonzero(shown)[[0, -1]]
    voters = max(1, round(0.75 * len(curves)))
    raised = (np.nan_to_num(height, nan=0.0) > MIN_HEIGHT).sum(axis=0) >= voters
    for left, right in true_runs(raised).tolist():
        near_edge = left < first + MARGIN or right > last - MARGIN
        if near_edge and MIN_WIDTH <= right - left <= MAX_WIDTH:
            common = _common_height(height, left, right, voters)
            if common is not None:
                return Pulse(left, right, common / PX_PER_MM)
    return None


def _above(curve: Floats, baseline: float) -> Floats:
    """Height above a row's usual level: the median of its trace, its baseline if it has none."""
    return (float(np.nanmedian(curve)) if np.isfinite(curve).any() else baseline) - curve


def _common_height(height: Floats, left: int, right: int, voters: int) -> float | None:
    """The plateau's height in pixels if it is flat, and the same in enough rows.

    Its foot is the trace just left or right of it, or the row's usual level: any of them may be
    cut off or lie under a label, so the one that makes the pulse a standard height counts.
    """
    quarter = (right - left) // 4
    plateau = height[:, left + quarter : right - quarter]
    tops = np.where(np.ptp(plateau, axis=1) < 0.5 * PX_PER_MM, plateau.mean(axis=1), np.nan)
    near, far = PX_PER_MM // 2, 2 * PX_PER_MM
    feet = [
        _level(height[:, max(left - far, 0) : max(left - near, 0)]),
        _level(height[:, right + near : right + far]),
        np.zeros(len(height)),
    ]
    found = [tall for foot in feet if (tall := _agreed(tops - foot, voters)) is not None]
    return min(found, key=_off_standard, default=None)


def _level(beside: Floats) -> Floats:
    """Median height of each row's stretch, NaN where hardly any of it is shown."""
    level = np.full(len(beside), np.nan)
    shown = np.isfinite(beside).sum(axis=1) > 2
    if shown.any():
        level[shown] = np.nanmedian(beside[shown], axis=1)
    return level


def _agreed(tall: Floats, voters: int) -> float | None:
    """The height that at least ``voters`` rows share within a tenth."""
    tall = tall[np.isfinite(tall)]
    if len(tall) < voters:
        return None
    middle = np.median(tall)
    agree = np.abs(tall - middle) < 0.1 * middle
    return float(np.median(tall[agree])) if agree.sum() >= voters else None


def _off_standard(tall: float) -> float:
    return float(np.abs(np.log(np.array(GAINS) * PX_PER_MM / tall)).min())
