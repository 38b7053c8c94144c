"""Where each column of leads begins and ends."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.page_layout.border_evidence import border_evidence
from heartsense.digitizer.page_layout.column_gaps import (
    spans_beside_crossed_gaps,
    spans_between_bars,
    spans_between_gaps,
    without_narrow_ink,
)
from heartsense.digitizer.page_layout.column_placement import (
    MAX_BORDER_SHIFT_PX,
    SignalEnds,
    fit_edges,
)
from heartsense.digitizer.page_layout.layouts import Layout
from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.standard_columns import page_width
from heartsense.digitizer.trace_extraction.row_traces import RowTraces
from heartsense.digitizer.trace_extraction.signal_span import signal_span
from heartsense.numeric import Floats

BENT_TRUST, UNSEEN_TRUST = 0.3, 0.1
"""In the ends of the signal on bent pages, and beside a pulse."""

MIN_MISSING_SHARE: Final = 0.5
"""Part of a column by which strips are longer than other rows whose last leads are missing."""

BENT_TOLERANCE_PX: Final = 3.0 * PX_PER_MM
"""The same on bent pages, where creases and the paper's edge prolong rows."""


def column_spans(rows: RowTraces, layout: Layout, *, has_grid: bool) -> Floats:
    """Find where each column of leads begins and ends.

    Parameters
    ----------
    rows : RowTraces
    layout : Layout
    has_grid : bool
        Whether millimetres are known, so that the standard width of a column can be used.

    Returns
    -------
    float64 array, shape (columns, 2)
        Where each begins and ends, in pixels.
    """
    if layout.columns == 1:  # nothing borders on it: all of its ink counts
        return np.array([[rows.span.first, rows.span.last + 1]])
    divided = layout.divided_rows
    paths = [rows.paths[r] for r in divided]
    inked = rows.runs.has_ink(np.concatenate([path.runs for path in paths]))
    signal = rows.span
    # A line hides the ink of the rows; only where it stands alone it stands in a gap.
    inked[rows.separators] |= ~without_narrow_ink(~_with_lines(inked, rows))[rows.separators]
    if not rows.is_bent:  # creases prolong rows
        inked = ~without_narrow_ink(~inked)
        signal = signal_span(rows.runs, paths, rows.pulse)
    spans = spans_between_gaps(inked, signal, layout.columns)
    if spans is None and has_grid:
        spans = spans_beside_crossed_gaps(rows, layout, signal.last)
    if spans is not None:
        return spans
    spans = spans_between_bars(rows.bars, layout.columns)
    if spans is not None:
        return np.clip(spans, max(rows.start - MAX_BORDER_SHIFT_PX, 0), rows.runs.columns)
    centrelines = [rows.centrelines[r] for r in divided]
    evidence = border_evidence(rows.runs, paths, centrelines, rows.separators, rows.other_ink)
    end = _end_of_bent_rows(rows) if rows.is_bent else rows.end
    end = max(end, _end_of_longer_strips(rows, layout))
    trust = _trust_in_ends(rows) if has_grid else (1.0, 1.0)  # nothing else tells the scale
    ends = SignalEnds(rows.start, end, trust)
    edges = fit_edges(evidence, ends, layout.columns, has_grid=has_grid)
    spans = np.column_stack([edges[:-1], edges[1:]])
    return np.clip(spans, None, rows.span.last + 1)


def _with_lines(inked: NDArray[np.bool_], rows: RowTraces) -> NDArray[np.bool_]:
    """Where the rows have ink, or a line or tick hides it."""
    hidden = inked.copy()
    hidden[rows.separators] = True
    return hidden


def _end_of_longer_strips(rows: RowTraces, layout: Layout) -> float:
    """Where rhythm strips end that are longer than the other rows by most of a column; else 0.

    Then the last leads are missing, and the columns are as wide as the strips say.
    """
    strips = [path for r, path in enumerate(rows.paths) if r not in layout.divided_rows]
    ends = [float(rows.runs.column[path.runs][-1]) for path in strips if len(path.runs)]
    longest = min(ends, default=0.0)
    missing = MIN_MISSING_SHARE * (longest - rows.start) / layout.columns
    return longest if longest - rows.end > missing else 0.0


def _end_of_bent_rows(rows: RowTraces) -> float:
    """Where the last column ends at a standard width, if rows run on only a little farther."""
    for speed in (1.0, 2.0):
        standard = rows.start + page_width(speed)
        if 0 < rows.end - standard < BENT_TOLERANCE_PX:
            return standard
    return rows.end


def _trust_in_ends(rows: RowTraces) -> tuple[float, float]:
    """How far the first and the last signal tell where the columns begin and end."""
    trust = BENT_TRUST if rows.is_bent else 1.0
    seen = rows.span.first_is_seen, rows.span.last_is_seen
    left, right = (trust if is_seen else trust * UNSEEN_TRUST for is_seen in seen)
    return left, right
