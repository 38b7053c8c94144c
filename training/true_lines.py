"""Where the known signals of a page lie on the rectified page.

The page is read first; each true signal is then moved to where the line that was read fits it.
"""

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from heartsense.digitizer.page_layout.column_spans import column_spans
from heartsense.digitizer.page_layout.layouts import Layout
from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.row_traces import RowTraces
from heartsense.ecg import ECG
from heartsense.numeric import Floats

PX_PER_S: Final = 25.0 * PX_PER_MM
PX_PER_MV: Final = 10.0 * PX_PER_MM

RHYTHM_LEAD: Final = "II"
"""The lead of the rhythm strips."""

MAX_LAG_S: Final = 0.08
"""A printed column begins this much before or after the place where it was found."""

LAG_STEP_S: Final = 0.002
MAX_DISTANCE_PX: Final = 8.0
"""What is farther from the line that was read was misread there, and counts no more than this."""

GOOD_FIT_PX: Final = 1.6
"""Mean distance up to which the line that was read shows where the true one lies."""

MIN_COLUMNS: Final = 50


@dataclass(frozen=True, slots=True)
class TrueLine:
    """A true signal as a line on the rectified page.

    Attributes
    ----------
    row : int
        In which row of the page it was drawn, 0 is the uppermost.
    x, y : float64 arrays, shape (samples,)
        Pixels.
    distance : float
        Mean distance to the line that was read, in pixels.
    """

    row: int
    x: Floats
    y: Floats
    distance: float

    @property
    def is_good(self) -> bool:
        return self.distance <= GOOD_FIT_PX


def true_lines(truth: ECG, rows: RowTraces, layout: Layout) -> list[TrueLine]:
    """Place the known signals on a page that was read.

    Parameters
    ----------
    truth : ECG
        Missing samples where nothing is printed.
    rows : RowTraces
    layout : Layout

    Returns
    -------
    list of TrueLine
        Of the leads that lie where a line was read.
    """
    placed = _placed_signals(truth, rows, layout)
    lags = np.arange(-MAX_LAG_S, MAX_LAG_S + LAG_STEP_S / 2, LAG_STEP_S)
    best = [min((_fit(signal, lag) for lag in lags), key=_distance) for signal in placed]
    found = [lag for lag, line in best if line is not None and line.distance < MAX_DISTANCE_PX / 2]
    common = float(np.median(found)) if found else 0.0
    near = common + np.arange(-10, 11) * LAG_STEP_S
    again = [min((_fit(signal, lag) for lag in near), key=_distance) for signal in placed]
    fitted = [(lag, line) for lag, line in again if line is not None]
    return [
        line if line.is_good else replace(line, x=line.x - lag * PX_PER_S)
        for lag, line in ((lag - common, line) for lag, line in fitted)
    ]


class _Placed(NamedTuple):
    """A signal without a lag: its row, columns, heights over the baseline, and what was read."""

    row: int
    x: Floats
    height: Floats
    centreline: Floats


def _placed_signals(truth: ECG, rows: RowTraces, layout: Layout) -> list[_Placed]:
    spans = column_spans(rows, layout, has_grid=True)
    widths = np.diff(spans, axis=1)[:, 0]
    origin = np.concatenate([[0.0], np.cumsum(widths)[:-1]])
    seconds = len(truth.signal) / truth.rate / layout.columns
    placed: list[_Placed] = []
    for row, names in enumerate(layout.names):
        for column, name in enumerate(names):
            mv = truth.lead(name or RHYTHM_LEAD).astype(np.float64)
            t = np.arange(len(mv)) / truth.rate
            shown = np.isfinite(mv)
            if len(names) == layout.columns:
                shown &= (t >= column * seconds) & (t < (column + 1) * seconds)
            x = spans[column, 0] - origin[column] + t[shown] * PX_PER_S
            placed.append(_Placed(row, x, mv[shown] * PX_PER_MV, rows.centrelines[row]))
    return placed


def _fit(signal: _Placed, lag: float) -> tuple[float, TrueLine | None]:
    columns = np.arange(len(signal.centreline))
    x = signal.x + lag * PX_PER_S
    read = np.interp(x, columns, signal.centreline, left=np.nan, right=np.nan)
    baseline = read + signal.height
    if np.isfinite(baseline).sum() < MIN_COLUMNS:
        return lag, None
    level = float(np.nanmedian(baseline))
    distance = float(np.nanmean(np.minimum(np.abs(baseline - level), MAX_DISTANCE_PX)))
    return lag, TrueLine(signal.row, x, level - signal.height, distance)


def _distance(fit: tuple[float, TrueLine | None]) -> float:
    line = fit[1]
    return np.inf if line is None else line.distance
