"""Page pixels to leads in millivolts over seconds.

The steps, by module: ``ink`` and ``grid`` tell paper, grid and ink apart and find the grid's
pitch and rotation (``plain`` does without a grid); ``sheet`` straightens and scales the page;
``runs``, ``rows``, ``tracing``, ``overlaps`` and ``waveform`` follow each row's trace,
``signal_rows`` puts them together; ``pulse``, ``glyphs``, ``textlines`` and ``legend`` find the
scale, ``borders``, ``marks`` and ``layout`` the leads' places and names; ``reading`` makes the ECG
of it and ``quality`` tells whether it obeys the laws that hold in every ECG.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.grid import Grid, find_grid
from heartsense.digitizer.ink import Darkness, Map, darkness, ink_threshold
from heartsense.digitizer.page_layout.interpretation import Reading, readings
from heartsense.digitizer.quality import assess
from heartsense.digitizer.rectified_page import MAX_AREA, straighten
from heartsense.digitizer.scale.gridless_scale import scale_without_grid
from heartsense.digitizer.trace_extraction.row_traces import find_rows
from heartsense.ecg import Digitized
from heartsense.errors import NoECGFoundError, NoScaleError

__all__ = ["digitize"]

NO_ECG: Final = (
    "No ECG trace was found in this picture. Please send a sharp, upright picture of the whole "
    "tracing, taken straight from above."
)

DOUBTFUL: Final = 0.6
"""Contradiction between leads above which what looked like a grid may have been something else."""

MARGIN: Final = 0.2
"""How much more lawful a reading without the grid must be to be believed instead."""


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
    best = _read(dark, grid, exact=True) if grid is not None else None
    if grid is not None and best is not None and best.contradiction < DOUBTFUL:
        return _digitized(best, grid, exact=True)
    try:
        plain = scale_without_grid(dark)
    except NoScaleError:
        plain = None
        if best is None:
            raise
    other = _read(dark, plain, exact=False) if plain is not None else None
    tolerable = best.contradiction - MARGIN if best is not None else np.inf
    if plain is not None and other is not None and other.contradiction < tolerable:
        return _digitized(other, plain, exact=False)
    if grid is None or best is None:
        raise NoECGFoundError(NO_ECG)
    return _digitized(best, grid, exact=True)


def _grid_alone(dark: Darkness) -> Map:
    """Darkness of the grid with the ink levelled out, so that its spectrum is the grid's."""
    ink = dark.ink > ink_threshold(dark.ink)
    level = np.minimum(dark.grid, np.percentile(dark.grid, 90))
    level[ink] = level.mean()
    return level


def _read(dark: Darkness, scale: Grid, *, exact: bool) -> Reading | None:
    """The most lawful reading of the page at this scale, None if it holds no trace."""
    if dark.ink.size / (scale.pitch_x * scale.pitch_y) > MAX_AREA:
        return None
    sheet = straighten(dark, scale.pitch_x, scale.pitch_y, scale.rotation, grid=exact)
    rows = find_rows(sheet)
    found = readings(sheet, rows, exact=exact) if rows is not None else []
    return found[0] if found else None


def _digitized(reading: Reading, scale: Grid, *, exact: bool) -> Digitized:
    return Digitized(
        ecg=reading.ecg,
        layout=reading.layout.name,
        traces=reading.traces,
        quality=assess(reading.ecg, reading.expected, reading.rhythm_agreement),
        pitch=float(scale.pitch_x + scale.pitch_y) / 2 if exact else None,
        rotation=float(scale.rotation),
        speed=reading.scale.speed,
        speed_source=reading.scale.speed_source if exact else "layout",
        gain=reading.scale.gain,
        gain_source=reading.scale.gain_source,
        warnings=() if exact else ("scale_without_grid",),
    )
