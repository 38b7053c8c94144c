"""Paper speed and gain, from the best of several sources."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.scale.legend import Legend
from heartsense.digitizer.standard_columns import PAGE_SECONDS
from heartsense.digitizer.trace_extraction.calibration_pulse import (
    STANDARD_GAINS,
    CalibrationPulse,
)

STANDARD_SPEED: Final = 25.0
"""mm/s"""

DOUBLE_SPEED: Final = 50.0
"""mm/s; the only other speed that the width of the columns shows."""

STANDARD_GAIN: Final = 10.0
"""mm/mV"""

MAX_SPEED_DEVIATION: Final = 0.06
"""Relative difference of the column width from that at ``DOUBLE_SPEED``."""

DOUBLE_PULSE_MM: Final = (8.5, 11.5)
"""Width of a pulse of 0.2 s at ``DOUBLE_SPEED``. At ``STANDARD_SPEED`` pulses are 2.6 to 5.5 mm
wide on 27 drawn strips, and 3.6 to 5.1 on seven real pages."""

MAX_PULSE_DEVIATION: Final = 0.15
"""Relative difference of the pulse's height from a standard gain."""

MAX_CONTRADICTED_PULSE_DEVIATION: Final = 0.05
"""The same where the legend gives another gain."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Scale of the traces and its sources.

    Attributes
    ----------
    speed : float
        mm/s.
    speed_source : str
        ``legend``, ``pulse``, ``layout`` or ``standard``.
    gain : float
        mm/mV.
    gain_source : str
        ``pulse``, ``legend`` or ``standard``.
    """

    speed: float
    speed_source: str
    gain: float
    gain_source: str

    @property
    def px_per_second(self) -> float:
        return self.speed * PX_PER_MM

    @property
    def px_per_mv(self) -> float:
        return self.gain * PX_PER_MM


def estimate_speed(
    legend_speed: float | None,
    column_px: float | None,
    columns: int,
    pulse_mm: float | None = None,
) -> tuple[float, str]:
    """Estimate the paper speed from the legend, or else from the width of columns or pulse.

    Parameters
    ----------
    legend_speed : float or None
        Printed speed in mm/s.
    column_px : float or None
        Width of the widest column of leads in pixels; None on a single strip.
    columns : int
        Columns of leads that share ten seconds.
    pulse_mm : float or None
        Width of a pulse of a standard height on a grid; it tells the speed of a single strip.

    Returns
    -------
    speed : float
        mm/s.
    source : str
        ``legend``, ``pulse``, ``layout`` or ``standard``.
    """
    if legend_speed is not None:
        return legend_speed, "legend"
    if column_px is not None:
        seconds = PAGE_SECONDS / columns
        speed = column_px / PX_PER_MM / seconds
        if abs(speed / DOUBLE_SPEED - 1) < MAX_SPEED_DEVIATION:
            return DOUBLE_SPEED, "layout"
    elif pulse_mm is not None and DOUBLE_PULSE_MM[0] < pulse_mm < DOUBLE_PULSE_MM[1]:
        return DOUBLE_SPEED, "pulse"
    return STANDARD_SPEED, "standard"


def select_gain(
    pulse: CalibrationPulse | None, legend_gain: float | None, *, has_grid: bool
) -> tuple[float, str]:
    """Select the gain from the pulse or the legend.

    The pulse went through the same amplifier as the trace, so it outranks the legend. But standard
    gains are a factor of two apart: where the two differ, one of them was misread, and a pulse
    that has a standard height only roughly is then taken for something else.

    Parameters
    ----------
    pulse : CalibrationPulse or None
    legend_gain : float or None
        Printed gain in mm/mV.
    has_grid : bool
        Whether millimetres are known from a grid; else the pulse itself sets the gain.

    Returns
    -------
    gain : float
        mm/mV.
    source : str
        ``pulse``, ``legend`` or ``standard``.
    """
    if pulse is not None:
        height = pulse.height_mm
        nearest = min(STANDARD_GAINS, key=lambda gain: abs(np.log(gain / height)))
        contradicted = legend_gain not in (None, nearest)
        limit = MAX_CONTRADICTED_PULSE_DEVIATION if contradicted else MAX_PULSE_DEVIATION
        if abs(height / nearest - 1) < limit:
            return nearest if has_grid else height, "pulse"
    return (STANDARD_GAIN, "standard") if legend_gain is None else (legend_gain, "legend")


def estimate_scale(
    legend: Legend,
    pulse: CalibrationPulse | None,
    column_px: float | None,
    columns: int,
    *,
    has_grid: bool,
) -> Scale:
    """Paper speed and gain; see ``estimate_speed`` and ``select_gain``."""
    gain, gain_source = select_gain(pulse, legend.gain, has_grid=has_grid)
    is_standard = pulse is not None and has_grid and gain_source == "pulse"
    pulse_mm = pulse.width_mm if pulse is not None and is_standard else None
    speed, speed_source = estimate_speed(legend.speed, column_px, columns, pulse_mm)
    return Scale(speed, speed_source, gain, gain_source)
