"""Where the signal of a page's rows begins and ends, beside the calibration pulse."""

from typing import Final

import numpy as np

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.calibration_pulse import CalibrationPulse
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns
from heartsense.digitizer.trace_extraction.path_following import TracePath
from heartsense.numeric import Floats, Indices

MIN_PULSE_GAP_PX: Final = 0.4 * PX_PER_MM
MAX_PULSE_FOOT_PX: Final = 8 * PX_PER_MM
"""Length of the pulse's foot up to the gap after which the signal begins."""

PULSE_EDGE_PX: Final = 5
"""Columns on each side of the pulse's last one that its falling edge may cover."""


def signal_span(
    runs: InkRuns, paths: list[TracePath], pulse: CalibrationPulse | None
) -> tuple[float, float]:
    """First and last column of signal, the median over all rows."""
    spans = np.array([_row_span(runs.column[p.runs], pulse) for p in paths], dtype=float)
    return float(np.median(spans[:, 0])), float(np.median(spans[:, 1]))


def without_pulse_edge(centreline: Floats, inked: Indices, pulse: CalibrationPulse) -> Floats:
    """A copy in which the falling edge of a pulse in front of the signal is levelled out.

    Parameters
    ----------
    centreline : float64 array, shape (columns,)
    inked : int64 array
        Columns in which the row has ink: behind the edge it may have none for a while.
    pulse : CalibrationPulse
    """
    begin, stop = max(pulse.right - PULSE_EDGE_PX, 0), pulse.right + PULSE_EDGE_PX
    foot = inked[(inked >= stop) & (inked < stop + MAX_PULSE_FOOT_PX)]
    stop = min(int(foot[0]) if len(foot) else stop, len(centreline) - 1)
    edge = slice(begin, stop)
    levelled = centreline.copy()
    levelled[edge] = np.where(np.isfinite(centreline[edge]), centreline[stop], np.nan)
    return levelled


def _row_span(columns: Indices, pulse: CalibrationPulse | None) -> tuple[int, int]:
    """First and last column of a row's signal: up to the gap beside the pulse's foot."""
    first, last = int(columns[0]), int(columns[-1])
    if pulse is None:
        return first, last
    gaps = np.flatnonzero(np.diff(columns) > MIN_PULSE_GAP_PX)
    foot = MAX_PULSE_FOOT_PX
    if pulse.left - first < last - pulse.right:
        after = [int(columns[g + 1]) for g in gaps if -4 <= columns[g] - pulse.right < foot]
        return (after[0] if after else min(pulse.right + PX_PER_MM, last)), last
    before = [int(columns[g]) for g in gaps if -4 <= pulse.left - columns[g + 1] < foot]
    return first, (before[-1] if before else max(pulse.left - PX_PER_MM, first))
