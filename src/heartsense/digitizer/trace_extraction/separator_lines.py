"""Lead separators: upright lines across rows where one lead ends."""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns
from heartsense.numeric import Floats, Indices, centred_windows, true_runs

MIN_LINE_FILL: Final = 0.75
"""Part of the height between two baselines that a line fills with ink."""

MIN_LINE_CONTRAST: Final = 0.5
"""How much more of that height a line fills than the columns beside it."""

MIN_CROSSED_FILL: Final = 0.5
"""Part of the height between two baselines that the median column of a line fills there."""

MAX_REMAINDER_PX: Final = 3 * PX_PER_MM
"""Taller runs in the columns of a line are part of the line."""

MAX_LINES: Final = 3
MIN_LINE_DISTANCE_PX: Final = 45 * PX_PER_MM
"""Lines divide a page into four columns at most. What is more, or nearer, is QRS complexes of one
beat, which meet where rows are near to one another."""

MIDDLE_WIDTH_PX: Final = 7
"""Width of the place midway between two lines where a third is looked for."""


def separator_lines(runs: InkRuns, baselines: list[float]) -> Indices:
    """Find the columns of upright lines that are drawn across rows.

    Such a line fills its column between three baselines at least, with blank paper beside it.
    Steep QRS complexes of neighbouring rows may meet too, but they lean and come in two strokes.

    Parameters
    ----------
    runs : InkRuns
    baselines : list of float
        Heights of the rows in pixels, ascending.

    Returns
    -------
    int64 array
        Columns, one more on each side included.
    """
    if len(baselines) < 3:
        return np.zeros(0, dtype=np.int64)
    bands = list(pairwise(baselines))
    ink = [_inked_share(runs, *band) for band in bands]
    filled = [_is_line(share) for share in ink]
    found = np.zeros(runs.columns, dtype=bool)
    for upper, lower in pairwise(filled):
        found |= upper & lower
    if not _may_divide(found):
        found = np.sum(filled, axis=0) >= len(filled) - 1
        found &= _may_divide(found)
    found |= _between_lines(found, np.array(ink))
    return np.flatnonzero(np.convolve(found, np.ones(3), mode="same") > 0)


def line_height(runs: InkRuns, separators: Indices, baselines: list[float]) -> tuple[float, float]:
    """From which baseline to which one separator lines reach, in pixels.

    They may end above the rhythm strips.
    """
    bands = list(pairwise(baselines)) if len(separators) else []
    crossed = [
        band
        for band in bands
        if np.median(_inked_share(runs, *band)[separators]) > MIN_CROSSED_FILL
    ]
    return (crossed[0][0], crossed[-1][1]) if crossed else (baselines[0], baselines[-1])


def without_lines(runs: InkRuns, separators: Indices, height: tuple[float, float]) -> InkRuns:
    """The runs without those of separator lines, which are taken out whole."""
    top, bottom = height
    is_line = np.isin(runs.column, separators) & (runs.height > MAX_REMAINDER_PX)
    return runs.select(~(is_line & (runs.bottom > top) & (runs.top < bottom)))


def _may_divide(found: NDArray[np.bool_]) -> bool:
    """Whether columns are few enough, and far enough apart, to be borders between leads."""
    columns = np.flatnonzero(found)
    apart = np.diff(columns)
    apart = apart[apart > PX_PER_MM]
    return len(apart) < MAX_LINES and bool((apart >= MIN_LINE_DISTANCE_PX).all())


def _between_lines(found: NDArray[np.bool_], ink: Floats) -> NDArray[np.bool_]:
    """Columns of a third line in the middle between two, even if complexes stand beside it.

    Parameters
    ----------
    found : bool array, shape (columns,)
    ink : float64 array, shape (bands, columns)
        Inked share of each column between two baselines.
    """
    middle = np.zeros_like(found)
    lines = true_runs(found).mean(axis=1)
    if len(lines) == MAX_LINES - 1 and np.diff(lines)[0] >= 2 * MIN_LINE_DISTANCE_PX:
        first = round(float(lines.mean())) - MIDDLE_WIDTH_PX // 2
        near = slice(first, first + MIDDLE_WIDTH_PX)
        inked = ink[:, near] > MIN_LINE_FILL
        middle[near] = (inked[:-1] & inked[1:]).any(axis=0)
    return middle


def _inked_share(runs: InkRuns, top: float, bottom: float) -> Floats:
    """Share of each column that is inked from top to bottom."""
    inside = np.clip(np.minimum(runs.bottom, bottom) - np.maximum(runs.top, top), 0.0, None)
    return np.bincount(runs.column, weights=inside, minlength=runs.columns) / (bottom - top)


def _is_line(ink: Floats) -> NDArray[np.bool_]:
    """Columns inked from top to bottom with hardly any ink half to one millimetre beside."""
    windows = centred_windows(ink, PX_PER_MM, fill=None)
    half = PX_PER_MM // 2
    beside = np.maximum(windows[:, :half].max(axis=1), windows[:, -half:].max(axis=1))
    return np.asarray((ink > MIN_LINE_FILL) & (ink - beside > MIN_LINE_CONTRAST))
