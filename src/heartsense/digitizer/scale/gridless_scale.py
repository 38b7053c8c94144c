"""The scale of a page that shows no grid, from its traces alone."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.grid import Grid
from heartsense.digitizer.ink import Darkness, ink_threshold
from heartsense.digitizer.page_layout.layouts import candidates
from heartsense.digitizer.rectified_page import MAX_AREA, PX_PER_MM, straighten
from heartsense.digitizer.trace_extraction.row_traces import Rows, find_rows
from heartsense.errors import NoScaleError

PAGE_MM: Final = 250.0
"""Ten seconds at 25 mm/s: what a page of several leads shows from edge to edge."""

PULSE_MM: Final = 10.0
"""One millivolt at the standard gain."""

MAX_ANGLE: Final = 6.0
MAX_INK: Final = 0.12
"""More ink than this is a photograph: a drawing leaves most of the paper blank."""

NO_SCALE: Final = (
    "There is a trace in this picture, but neither a millimetre grid nor a calibration pulse that "
    "tells its scale. Please send a picture that shows the grid."
)


def scale_without_grid(dark: Darkness) -> Grid | None:
    """Pixels a millimetre of a page without a grid, None where it holds no trace.

    A page of several leads shows ten seconds from its first signal to its last; on a single strip
    only a calibration pulse can tell.

    Raises
    ------
    NoScaleError
        There is a trace but nothing that tells its scale.
    """
    ink = dark.ink > ink_threshold(dark.ink)
    columns = np.flatnonzero(ink.sum(axis=0) > 0)
    if not len(columns) or ink.mean() > MAX_INK:
        return None
    rotation = _rotation(ink)
    guess = max(float(columns[-1] - columns[0]), 1.0) / (PAGE_MM + 10.0)
    if ink.size / guess**2 > MAX_AREA:
        return None  # a narrow column of ink: its sheet would not fit in memory
    rows = find_rows(straighten(dark, guess, guess, rotation, grid=False))
    if rows is None or not candidates(len(rows.paths)):
        return None
    pitch = guess * _stretch(rows)
    return Grid(pitch, pitch, rotation)


def _stretch(rows: Rows) -> float:
    """True pixels a millimetre over guessed ones."""
    if len(rows.paths) > 1:
        return (rows.end - rows.start) / (PAGE_MM * PX_PER_MM)
    if rows.pulse is None:
        raise NoScaleError(NO_SCALE)
    return rows.pulse.height / PULSE_MM


def _rotation(ink: NDArray[np.bool_]) -> float:
    """Degrees, counter-clockwise positive, at which the ink's rows stand out most.

    The sum of squares of the profile across rows is largest when all rows lie level.
    """
    y, x = np.nonzero(ink)
    thin = max(1, len(x) // 60_000)
    y, x = y[::thin], x[::thin]
    angles = np.linspace(-MAX_ANGLE, MAX_ANGLE, 49)
    sharpness = []
    for angle in angles:
        level = y + x * np.tan(np.deg2rad(angle))
        counts = np.bincount((level - level.min()).astype(np.int64) // 2)
        sharpness.append(float((counts.astype(float) ** 2).sum()))
    return float(angles[int(np.argmax(sharpness))])
