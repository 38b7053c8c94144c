"""The rows of a page that really hold a trace, and where their signal begins and ends."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.rectified_page import PX_PER_MM, RectifiedPage
from heartsense.digitizer.scale.calibration_pulse import Pulse, find_pulse
from heartsense.digitizer.trace_extraction.baselines import baseline_candidates, separators
from heartsense.digitizer.trace_extraction.ink_runs import (
    Runs,
    find_runs,
    stroke_extents,
    without_specks,
)
from heartsense.digitizer.trace_extraction.overlaps import settle
from heartsense.digitizer.trace_extraction.path_following import Path, follow
from heartsense.digitizer.trace_extraction.waveform import curve

Floats = NDArray[np.float64]

MIN_LENGTH: Final = 12.0 * PX_PER_MM
MIN_FILL: Final = 0.75
MAX_BREAKS: Final = 0.35
"""Breaks a millimetre above which a path is text or texture: letters break every 1 to 2 mm."""

MAX_BORROWED: Final = 0.25
"""Share of a path's runs above which, if another row has the better claim, it is no row."""

MAX_ROWS: Final = 16
MAX_LINES: Final = 28
"""Rows of trace and lines of text together; more are a page of text."""

MAX_RUNS: Final = 40
"""Runs of ink in the mean column above which a picture is a photograph or noise."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Traced rows from top to bottom, with what stands between them.

    ``start`` and ``end`` are the first and last sheet column of signal, the calibration pulse
    left out; ``drawn`` are the columns of upright lines across rows.
    """

    runs: Runs
    paths: list[Path]
    curves: list[Floats]
    pulse: Pulse | None
    drawn: NDArray[np.int64]
    start: float
    end: float


def find_rows(sheet: RectifiedPage) -> Rows | None:
    """Trace every row of a sheet; None where nothing on it is a trace."""
    inked = find_runs(sheet)
    if len(inked.column) > MAX_RUNS * inked.columns:
        return None
    runs = without_specks(inked)
    if not len(runs.column):
        return None
    extents = stroke_extents(runs)
    baselines = baseline_candidates(runs, sheet.ink.shape[0], extents[:, 0])
    if not 1 <= len(baselines) <= MAX_LINES:
        return None
    drawn = separators(runs, baselines)
    runs = runs.keep(~(np.isin(runs.column, drawn) & (runs.height > 3 * PX_PER_MM)))
    paths = _distinct(runs, [p for p in follow(runs, baselines) if _is_trace(runs, p)])
    paths = _of_one_length(runs, paths)
    if not 1 <= len(paths) <= MAX_ROWS:
        return None
    paths = settle(runs, paths)
    curves = [curve(runs, path) for path in paths]
    pulse = find_pulse(curves, [p.baseline for p in paths])
    start, end = _signal_span(runs, paths, pulse)
    if end - start < MIN_LENGTH:
        return None
    return Rows(runs, paths, curves, pulse, drawn, start, end)


def _is_trace(runs: Runs, path: Path) -> bool:
    """A trace is long and hardly broken; a line of text breaks at every letter."""
    columns = runs.column[path.chosen]
    if not len(columns):
        return False
    length = float(columns[-1] - columns[0] + 1)
    return (
        length >= MIN_LENGTH
        and len(columns) >= MIN_FILL * length
        and path.breaks <= max(3.0, MAX_BREAKS * length / PX_PER_MM)
    )


def _distinct(runs: Runs, paths: list[Path]) -> list[Path]:
    """Drop a path that has much of its ink from another row's trace.

    Beside a line of text the cheapest path goes on along the nearest trace; that ink lies nearer to
    the baseline of the row whose trace it is.
    """
    return [p for p in paths if not any(_borrows(runs, p, other) for other in paths)]


def _borrows(runs: Runs, path: Path, other: Path) -> bool:
    shared = np.intersect1d(path.chosen, other.chosen)
    if path is other or len(shared) < MAX_BORROWED * len(path.chosen):
        return False
    centre = runs.centre[shared]
    away = [float(np.abs(centre - p.baseline).mean()) for p in (path, other)]
    return (away[0], path.baseline) > (away[1], other.baseline)


def _of_one_length(runs: Runs, paths: list[Path]) -> list[Path]:
    """Rows of one page are of one length: rules, frames and footers are not."""
    if len(paths) < 3:
        return paths
    lengths = np.array([np.ptp(runs.column[p.chosen]) for p in paths])
    return [p for p, n in zip(paths, lengths, strict=True) if n > 0.6 * np.median(lengths)]


def _signal_span(runs: Runs, paths: list[Path], pulse: Pulse | None) -> tuple[float, float]:
    """First and last column of signal that most rows share, outside of the pulse."""
    spans = np.array([_row_span(runs.column[p.chosen], pulse) for p in paths], dtype=float)
    return float(np.median(spans[:, 0])), float(np.median(spans[:, 1]))


def _row_span(columns: NDArray[np.int64], pulse: Pulse | None) -> tuple[int, int]:
    first, last = int(columns[0]), int(columns[-1])
    if pulse is None:
        return first, last
    gaps = np.flatnonzero(np.diff(columns) > 0.4 * PX_PER_MM)
    foot = int(8 * PX_PER_MM)
    if pulse.left - first < last - pulse.right:
        after = [int(columns[g + 1]) for g in gaps if -4 <= columns[g] - pulse.right < foot]
        return (after[0] if after else min(pulse.right + PX_PER_MM, last)), last
    before = [int(columns[g]) for g in gaps if -4 <= pulse.left - columns[g + 1] < foot]
    return first, (before[-1] if before else max(pulse.left - PX_PER_MM, first))
