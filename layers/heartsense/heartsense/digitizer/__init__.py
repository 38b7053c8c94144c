"""Page pixels to leads in millivolts over seconds.

The steps, one module each: ``ink`` and ``grid`` tell paper, grid and ink apart and find the
grid's pitch and rotation; ``sheet`` straightens and scales the page; ``runs``, ``rows``,
``tracing`` and ``waveform`` follow each row's trace; ``pulse``, ``borders`` and ``layout`` find
calibration pulses, borders between leads and the leads' names; ``reading`` puts the ECG together
and ``quality`` tells whether it obeys the laws that hold in every ECG.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from heartsense.digitizer.grid import Grid, find_grid
from heartsense.digitizer.ink import Darkness, Map, darkness, ink_threshold
from heartsense.digitizer.quality import assess
from heartsense.digitizer.reading import readings
from heartsense.digitizer.sheet import straighten
from heartsense.digitizer.signal_rows import Rows, find_rows
from heartsense.ecg import Digitized
from heartsense.errors import NoECGFoundError, NoScaleError

__all__ = ["digitize"]

MAX_SIDE = 3200
PSEUDO_WIDTH_MM = 250.0


def digitize(pixels: NDArray[np.uint8]) -> Digitized:
    """Read the ECG on a page.

    Parameters
    ----------
    pixels : uint8 array, shape (height, width, 3)
        RGB, as ``heartsense.images.open_page`` returns them.

    Raises
    ------
    NoECGFoundError
        Nothing on the page is an ECG trace.
    NoScaleError
        There is a trace, but neither a grid nor a pulse nor a layout that gives its scale.
    """
    dark = darkness(pixels)
    grid = find_grid(_grid_alone(dark))
    if grid is None:
        return _without_grid(dark)
    sheet = straighten(dark, grid.pitch_x, grid.pitch_y, grid.rotation, grid=True)
    rows = find_rows(sheet)
    if rows is None:
        raise NoECGFoundError(NO_ECG)
    found = readings(sheet, rows, exact=True)
    if not found:
        raise NoECGFoundError(NO_ECG)
    best = found[0]
    return Digitized(
        ecg=best.ecg,
        layout=best.layout.name,
        traces=best.traces,
        quality=assess(best.ecg, best.expected, best.rhythm_agreement),
        pitch=(grid.pitch_x + grid.pitch_y) / 2,
        rotation=grid.rotation,
        speed=best.scale.speed,
        speed_source=best.scale.speed_source,
        gain=best.scale.gain,
        gain_source=best.scale.gain_source,
    )


NO_ECG = (
    "No ECG trace was found in this picture. Please send a sharp, upright picture of the whole "
    "tracing, taken straight from above."
)
NO_SCALE = (
    "There is a trace, but neither a grid nor a calibration pulse that gives its size. Please send "
    "a picture that shows the millimetre grid."
)


def _grid_alone(dark: Darkness) -> Map:
    """Darkness of the grid with the ink levelled out, so that its spectrum is the grid's."""
    ink = dark.ink > ink_threshold(dark.ink)
    level = np.minimum(dark.grid, np.percentile(dark.grid, 90))
    level[ink] = level.mean()
    return level


def _without_grid(dark: Darkness) -> Digitized:
    raise NoScaleError(NO_SCALE)
