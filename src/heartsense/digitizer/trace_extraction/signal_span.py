"""Where the signal of a page's rows begins and ends, beside the calibration pulse."""

from dataclasses import dataclass, replace
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

MAX_FOOT_GAP_PX: Final = 1 * PX_PER_MM
"""Beyond a wider gap, what a path follows is a name, or the table that the page lies on."""

PULSE_EDGE_PX: Final = 5
"""Columns on each side of the pulse's last one that its falling edge may cover."""

MAX_AGREED_DISTANCE_PX: Final = 3.0
"""Between the ends of rows that agree."""

MAX_FOOTLESS_PX: Final = 1 * PX_PER_MM
"""Ink in front of a pulse without feet: half of its edge. Such a pulse ends where the signal begins
if no gap is between them. Feet were 17 pixels long, the ink in front of others 7 at most."""

LEVEL_QUANTILE: Final = 0.25
"""Of the heights of a trace's runs: where it is level, they are as tall as the line is wide."""

AGREEING_SHARE: Final = 0.75
MAX_DISAGREEMENT_PX: Final = 2.0
"""Part of the rows that must show the same gap beside the pulse, and their distance from it."""


@dataclass(frozen=True, slots=True)
class SignalSpan:
    """Where a page's signal begins and ends, in pixel columns: the median over all rows.

    Attributes
    ----------
    first, last : float
        First and last column of ink.
    pen : float
        Half of the width of the line: ink begins so much before the first point, and ends so much
        after the last.
    first_is_seen, last_is_seen : bool
        False where a pulse stands at that end and the rows show no common gap beside its foot:
        the signal may begin anywhere on the foot.
    """

    first: float
    last: float
    pen: float = 0.0
    first_is_seen: bool = True
    last_is_seen: bool = True

    @property
    def start(self) -> float:
        """The first point."""
        return self.first + self.pen

    @property
    def end(self) -> float:
        """The last point."""
        return self.last - self.pen

    def begins_at_edge(self, pulse: CalibrationPulse) -> bool:
        """Whether it begins where a pulse without feet ends, on its falling edge."""
        return not self.first_is_seen and self.start < pulse.right + PULSE_EDGE_PX

    def from_edge(self, pulse: CalibrationPulse) -> "SignalSpan":
        """From the edge of a pulse in front of it, where it is not seen to begin later."""
        if self.first_is_seen or self.first <= pulse.right or self.begins_at_edge(pulse):
            return self
        return replace(self, first=min(self.first, pulse.right + 1.0))


def signal_span(
    runs: InkRuns, paths: list[TracePath], pulse: CalibrationPulse | None
) -> SignalSpan:
    """Where the signal of most rows begins and ends."""
    spans = np.array([_row_span(runs.column[p.runs], pulse) for p in paths], dtype=float)
    first, last = _agreed_end(spans[:, 0]), _agreed_end(spans[:, 1])
    heights = np.concatenate([runs.height[p.runs] for p in paths])
    pen = float(np.quantile(heights, LEVEL_QUANTILE)) / 2
    if pulse is None:
        return SignalSpan(first, last, pen)
    ends = np.median([runs.column[p.runs[[0, -1]]] for p in paths], axis=0)
    is_left = _is_left(pulse, *ends)
    beside = np.abs(spans[:, 0 if is_left else 1] - (first if is_left else last))
    is_seen = np.mean((beside <= MAX_DISAGREEMENT_PX) & (spans[:, 2] > 0)) >= AGREEING_SHARE
    if not is_seen and np.mean(spans[:, 2]) < AGREEING_SHARE:
        # The foot towards the signal is as long as the one on the other side.
        foot = float(np.median([_foot(runs.column[p.runs], pulse, is_left) for p in paths]))
        foot = min(foot, MAX_PULSE_FOOT_PX) if foot > MAX_FOOTLESS_PX else 0.0
        first = pulse.right + foot - pen if is_left else first
        last = last if is_left else pulse.left - foot + pen
    return SignalSpan(first, last, pen, bool(is_seen or not is_left), bool(is_seen or is_left))


def _agreed_end(ends: Floats) -> float:
    """The median of the ends of the rows, of those alone that agree where most do.

    Specks beside a row prolong it, and a name in its place shortens it.
    """
    near = np.abs(ends[:, None] - ends) <= MAX_AGREED_DISTANCE_PX
    most = near[np.argmax(near.sum(axis=1))]
    return float(np.median(ends[most] if 2 * most.sum() >= len(ends) else ends))


def _is_left(pulse: CalibrationPulse, first: float, last: float) -> bool:
    """Whether the pulse stands in front of the signal, not behind it."""
    return pulse.left - first < last - pulse.right


def _foot(columns: Indices, pulse: CalibrationPulse, is_left: bool) -> int:
    """Length in pixels of a row's ink that joins the pulse on the side that is not the signal's.

    Parameters
    ----------
    columns : int64 array, shape (n,)
        In which the row has ink, in ascending order.
    """
    beside = (pulse.left - columns)[::-1] if is_left else columns - pulse.right
    beside = beside[beside > 0]
    gaps = np.flatnonzero(np.diff(beside, prepend=0) > MAX_FOOT_GAP_PX)
    joined = beside[: gaps[0]] if len(gaps) else beside
    return int(joined[-1]) if len(joined) else 0


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


def _row_span(columns: Indices, pulse: CalibrationPulse | None) -> tuple[int, int, bool]:
    """First and last column of a row's signal, and whether a gap beside the pulse's foot tells."""
    first, last = int(columns[0]), int(columns[-1])
    if pulse is None:
        return first, last, False
    gaps = np.flatnonzero(np.diff(columns) > MIN_PULSE_GAP_PX)
    foot = MAX_PULSE_FOOT_PX
    if _is_left(pulse, first, last):
        after = [int(columns[g + 1]) for g in gaps if -4 <= columns[g] - pulse.right < foot]
        return after[0] if after else min(pulse.right + PX_PER_MM, last), last, bool(after)
    before = [int(columns[g]) for g in gaps if -4 <= pulse.left - columns[g + 1] < foot]
    return first, before[-1] if before else max(pulse.left - PX_PER_MM, first), bool(before)
