"""The scale of a page without a grid, from its traces."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.advice import ADVICE
from heartsense.digitizer.grid import Grid
from heartsense.digitizer.ink.segmentation import DarknessMaps, ink_threshold
from heartsense.digitizer.page_layout.layouts import candidate_layouts
from heartsense.digitizer.rectified_page import (
    MAX_AREA_MM2,
    PX_PER_MM,
    RectifiedPage,
    page_frame,
    rectify_page,
)
from heartsense.digitizer.scale.legend import Legend, read_legend
from heartsense.digitizer.scale.scale_estimation import (
    DOUBLE_SPEED,
    STANDARD_GAIN,
    STANDARD_SPEED,
)
from heartsense.digitizer.trace_extraction.row_traces import RowTraces, extract_row_traces
from heartsense.errors import NoScaleError

PAGE_WIDTH_MM: Final = 250.0
"""Ten seconds at 25 mm/s: the width of a page of several leads."""

MAX_PULSE_RATIO: Final = 1.4
"""Of a pulse's height to the printed gain: at twice the speed it would be twice as tall."""

MARGIN_MM: Final = 10.0
"""Ink beside the signal, such as the calibration pulse, in the first guess of the scale."""

MAX_ANGLE_DEGREES: Final = 6.0
MAX_ROTATION_SAMPLES: Final = 60_000
MAX_INK_COVERAGE: Final = 0.12
"""More ink than this is a photograph: a drawing leaves most of the paper blank."""

NO_SCALE_MESSAGE: Final = (
    "There is a trace in this picture, but no millimetre grid and no calibration pulse to scale "
    "it by."
)


def estimate_gridless_scale(darkness: DarknessMaps) -> Grid | None:
    """Estimate the scale of a page without a grid.

    A page of several leads shows ten seconds from its first to its last signal, at the printed
    speed or 25 mm/s; a single strip is scaled by its calibration pulse.

    Returns
    -------
    Grid or None
        None where there is no trace.

    Raises
    ------
    NoScaleError
        There is a single strip without a calibration pulse.
    """
    ink = darkness.ink > ink_threshold(darkness.ink)
    columns = np.flatnonzero(ink.sum(axis=0) > 0)
    if not len(columns) or ink.mean() > MAX_INK_COVERAGE:
        return None
    rotation = _rotation(ink)
    guess = max(float(columns[-1] - columns[0]), 1.0) / (PAGE_WIDTH_MM + MARGIN_MM)
    frame = page_frame(darkness, Grid(guess, guess, rotation))
    if frame.area_mm2 > MAX_AREA_MM2:
        return None  # a narrow column of ink: its rectified page would not fit in memory
    page = rectify_page(darkness, frame, has_grid=False)
    rows = extract_row_traces(page)
    if rows is None or not candidate_layouts(len(rows.paths)):
        return None
    pitch = guess * _correction(rows, read_legend(page, rows))
    narrow = pitch * STANDARD_SPEED / DOUBLE_SPEED
    if len(rows.paths) > 1 and ink.size / narrow**2 <= MAX_AREA_MM2:
        page = rectify_page(
            darkness, page_frame(darkness, Grid(pitch, pitch, rotation)), has_grid=False
        )
        pitch = narrow if _is_twice_as_wide(page) else pitch
    return Grid(pitch, pitch, rotation)


def _correction(rows: RowTraces, legend: Legend) -> float:
    """Ratio of the true to the guessed pixels per millimetre, of a page at 25 mm/s."""
    if len(rows.paths) > 1:
        return (rows.end - rows.start) / (PAGE_WIDTH_MM * PX_PER_MM)
    if rows.pulse is None:
        raise NoScaleError(NO_SCALE_MESSAGE, ADVICE["show_grid"])
    return rows.pulse.height_mm / (legend.gain or STANDARD_GAIN)


def _is_twice_as_wide(page: RectifiedPage) -> bool:
    """Whether the ten seconds of several leads were printed at 50 mm/s.

    Not where the pulse has the printed height at 25 mm/s: such a page shows five seconds.
    """
    rows = extract_row_traces(page)
    if rows is None:
        return False
    legend = read_legend(page, rows)
    if legend.speed != DOUBLE_SPEED:
        return False
    if rows.pulse is None or legend.gain is None:
        return True
    return not 1 / MAX_PULSE_RATIO < rows.pulse.height_mm / legend.gain < MAX_PULSE_RATIO


def _rotation(ink: NDArray[np.bool_]) -> float:
    """Rotation in degrees, counter-clockwise positive, by the projection profile.

    The squared sum of the ink's profile across rows is largest where the rows are level (skew
    detection by projection profile, Postl 1986).
    """
    y, x = np.nonzero(ink)
    step = max(1, len(x) // MAX_ROTATION_SAMPLES)
    y, x = y[::step], x[::step]
    angles = np.linspace(-MAX_ANGLE_DEGREES, MAX_ANGLE_DEGREES, 49)
    sharpness = []
    for angle in angles:
        level = y + x * np.tan(np.deg2rad(angle))
        profile = np.bincount((level - level.min()).astype(np.int64) // 2)
        sharpness.append(float((profile.astype(float) ** 2).sum()))
    return float(angles[int(np.argmax(sharpness))])
