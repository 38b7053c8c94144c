"""What the ink of a page says beside its traces: text, and what speaks against an ECG."""

from typing import Final

import numpy as np

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns
from heartsense.digitizer.trace_extraction.path_following import TracePath
from heartsense.digitizer.trace_extraction.signal_span import SignalSpan
from heartsense.ecg import PageInk
from heartsense.numeric import Floats, true_runs

ROW_PERCENTILES: Final = (0.5, 99.5)
"""Of a trace's heights: between these lies its row."""

BLOCK_PENS: Final = 2.0  # the pen is ``2 * span.pen`` wide
MIN_BLOCK_PX: Final = 1.5 * PX_PER_MM
"""Height from which a run is more than the pen's width."""


def page_ink(
    runs: InkRuns,
    untraced: InkRuns,
    paths: list[TracePath],
    centrelines: list[Floats],
    span: SignalSpan,
    *,
    by_network: bool,
) -> PageInk:
    """Describe the ink of a page.

    Parameters
    ----------
    runs, untraced : InkRuns
        All of the page, and those that are part of no path.
    paths : list of TracePath
    centrelines : list of float64 arrays, shape (columns,)
    span : SignalSpan
    by_network : bool
        Whether the runs are what the ink network takes for a trace.
    """
    missed = float(untraced.height.sum() / runs.height.sum())
    if len(paths) > 1:  # beside several rows there are pulses and names
        return PageInk(missed, by_network=by_network)
    beside = _beside_share(runs, centrelines[0], span)
    return PageInk(missed, beside, _longest_block_mm(runs, paths[0], span), by_network)


def _beside_share(runs: InkRuns, centreline: Floats, span: SignalSpan) -> float:
    line = centreline[int(span.start) : int(span.end) + 1]
    line = line[np.isfinite(line)]
    if not len(line):
        return 0.0
    top, bottom = np.percentile(line, ROW_PERCENTILES)
    is_level = (runs.bottom > top) & (runs.top < bottom)
    is_beside = is_level & ((runs.column < span.start) | (runs.column > span.end))
    return float(runs.height[is_beside].sum() / max(runs.height[is_level].sum(), 1.0))


def _longest_block_mm(runs: InkRuns, path: TracePath, span: SignalSpan) -> float:
    heights = runs.height[path.runs]
    columns = runs.column[path.runs]
    is_signal = (columns >= span.start) & (columns <= span.end)
    tall = np.zeros(runs.columns, dtype=np.bool_)
    tall[columns[is_signal & (heights > max(BLOCK_PENS * 2 * span.pen, MIN_BLOCK_PX))]] = True
    return float(np.diff(true_runs(tall), axis=1).max(initial=0) / PX_PER_MM)
