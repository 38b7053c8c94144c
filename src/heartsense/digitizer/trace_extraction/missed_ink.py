"""Ink that no trace follows: text, and what speaks against an ECG."""

from typing import Final

import numpy as np

from heartsense.digitizer.trace_extraction.ink_runs import InkRuns
from heartsense.numeric import Floats

ROW_PERCENTILES: Final = (0.5, 99.5)
"""Of a trace's heights: between these lies its row."""


def missed_share(runs: InkRuns, untraced: InkRuns) -> float:
    """Share of the page's ink that is part of no path, 0 to 1."""
    return float(untraced.height.sum() / runs.height.sum())


def beside_share(runs: InkRuns, centrelines: list[Floats], start: float, end: float) -> float:
    """Share of the ink at the height of a single row that lies before or after it, 0 to 1.

    0 of several rows, whose ink beside them is that of pulses and names.
    """
    line = centrelines[0][int(start) : int(end) + 1]
    line = line[np.isfinite(line)]
    if len(centrelines) > 1 or not len(line):
        return 0.0
    top, bottom = np.percentile(line, ROW_PERCENTILES)
    is_level = (runs.bottom > top) & (runs.top < bottom)
    is_beside = is_level & ((runs.column < start) | (runs.column > end))
    return float(runs.height[is_beside].sum() / max(runs.height[is_level].sum(), 1.0))
