"""Columns of leads that are drawn apart: with gaps, or with a bar at each border."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.page_layout.layouts import Layout
from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.standard_columns import column_width
from heartsense.digitizer.trace_extraction.row_traces import RowTraces
from heartsense.digitizer.trace_extraction.signal_span import (
    MAX_PULSE_FOOT_PX,
    SignalSpan,
)
from heartsense.numeric import Floats, Indices, true_runs

MIN_GAP_PX: Final = 0.5 * PX_PER_MM
"""Blank paper between columns that are drawn apart."""

MAX_SEPARATOR_PX: Final = int(1.2 * PX_PER_MM)
MIN_BESIDE_PX: Final = int(0.25 * PX_PER_MM)
"""Widest tick, line or bar that may stand in such a gap, and the blank paper beside it."""

MIN_CROSSED_GAP_PX, MAX_CROSSED_GAP_PX = 0.75 * PX_PER_MM, 5.0 * PX_PER_MM
"""Gaps that the pen crossed."""

PEN_END_SHARE: Final = 0.5
"""Of half of the line's width, what its round end adds to a column on either side."""

MAX_OFFSET_PX: Final = 0.5 * PX_PER_MM
"""Of lines from even distances, and of the columns from the ends of the signal."""

MAX_LOST_PX: Final = 2.0 * PX_PER_MM
"""Of the trace's beginning, beside a pulse or on a line of the grid."""

MIN_LINES: Final = 2
"""That tell how far they are apart; some may be lost."""

MIN_BAR_COLUMNS: Final = 3
"""One bar alone does not say how wide the columns are."""

MAX_WIDTH_RANGE: Final = 0.06
"""Range of the widths of columns that are drawn apart, relative to their mean."""


def spans_between_gaps(inked: NDArray[np.bool_], signal: SignalSpan, columns: int) -> Floats | None:
    """Columns that are drawn apart: the spans between their gaps.

    Parameters
    ----------
    inked : bool array, shape (width,)
        Where any row has trace.
    signal : SignalSpan
        Of these rows. Where a pulse hides an end, that column is as wide as the others.
    columns : int

    Returns
    -------
    float64 array, shape (columns, 2), or None
        None unless there are enough gaps and they divide the page evenly.
    """
    first, last = int(signal.first), int(signal.last)
    left, right = true_runs(~inked[first : last + 1]).T + first
    is_gap = (right - left >= MIN_GAP_PX) & (left > first) & (right <= last)
    if is_gap.sum() < columns - 1:
        return None
    widest = np.sort(np.argsort(-(right - left) * is_gap, kind="stable")[: columns - 1])
    ink = np.column_stack([[signal.first, *right[widest]], [*left[widest], signal.last + 1]])
    if np.ptp(np.diff(ink, axis=1)) >= MAX_WIDTH_RANGE * np.diff(ink, axis=1).mean():
        return None
    spans: Floats = ink + PEN_END_SHARE * np.array([signal.pen, -signal.pen])
    width = float(np.median(np.diff(spans, axis=1)))
    if not signal.first_is_seen:
        spans[0, 0] = max(spans[0, 0], spans[0, 1] - width)
    if not signal.last_is_seen:
        spans[-1, 1] = min(spans[-1, 1], spans[-1, 0] + width)
    return spans


def spans_beside_crossed_gaps(rows: RowTraces, layout: Layout, last: float) -> Floats | None:
    """Columns of standard width with gaps that the pen crossed.

    Either a line or bar stands in each gap, or the rhythm strips, which have none, end earlier: on
    flat pages, as creases prolong rows.

    Parameters
    ----------
    rows : RowTraces
    layout : Layout
    last : float
        Last column of ink of the rows that are divided.

    Returns
    -------
    float64 array, shape (columns, 2), or None
        None unless the columns and so many gaps fill the page.
    """
    columns = layout.columns
    for speed in (1.0, 2.0):
        width = column_width(columns, speed)
        found = _gaps_by_lines(rows, columns, width)
        if found is None and not rows.is_bent:
            found = _gaps_by_strips(rows, layout, width, last)
        if found is not None:
            start, gap = found
            left = start + np.arange(columns) * (width + gap)
            return np.column_stack([left, left + width])
    return None


def spans_between_bars(bars: Indices, columns: int) -> Floats | None:
    """Columns with a bar at each border: as wide as the bars are apart, the outer ones too.

    Returns
    -------
    float64 array, shape (columns, 2), or None
        None unless there are two bars at least, one for each border, evenly apart.
    """
    widths = np.diff(bars)
    if columns < MIN_BAR_COLUMNS or len(bars) != columns - 1:
        return None
    if np.ptp(widths) > MAX_WIDTH_RANGE * widths.mean():
        return None
    width = float(widths.mean())
    edges = np.concatenate([[bars[0] - width], bars, [bars[-1] + width]])
    return np.column_stack([edges[:-1], edges[1:]])


def without_narrow_ink(blank: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where paper is blank, or only a tick, line or bar stands in a gap."""
    filled = blank.copy()
    for left, right in true_runs(~blank):
        beside = blank[max(left - MIN_BESIDE_PX, 0) : left], blank[right : right + MIN_BESIDE_PX]
        is_alone = all(len(side) == MIN_BESIDE_PX and side.all() for side in beside)
        if right - left <= MAX_SEPARATOR_PX and is_alone:
            filled[left:right] = True
    return filled


def _gaps_by_lines(rows: RowTraces, columns: int, width: float) -> tuple[float, float] | None:
    """Where columns of a width begin, and their gaps, by the lines in the middle of these."""
    gaps = columns - 1
    lines = true_runs(np.isin(np.arange(rows.runs.columns), rows.separators)).mean(axis=1)
    if not min(gaps, MIN_LINES) <= len(lines) <= gaps:
        return None
    order = np.rint((lines - rows.start) / width).astype(np.int64)
    if len(lines) == 1:
        apart = rows.end - rows.start - width
    else:
        apart = float(np.ptp(lines)) / max(np.ptp(order), 1)
    gap = apart - width
    places = lines - order * apart
    start = float(places.mean()) + gap / 2
    is_even = np.abs(places - places.mean()).max() <= MAX_OFFSET_PX
    ends_there = abs(start + columns * apart - gap - rows.end) <= 2 * MAX_OFFSET_PX
    fits = is_even and ends_there and _may_start(rows, start, lost=MAX_LOST_PX)
    return (start, gap) if fits and _is_crossed_gap(gap) else None


def _gaps_by_strips(
    rows: RowTraces, layout: Layout, width: float, last: float
) -> tuple[float, float] | None:
    """The same by the rhythm strips, which are as long as the columns without their gaps."""
    divided = layout.divided_rows
    strips = [path.runs[-1] for row, path in enumerate(rows.paths) if row not in divided]
    if not strips:
        return None
    end = float(np.median(rows.runs.column[np.array(strips)]))
    start = end - rows.span.pen - layout.columns * width
    gap = (last - end) / (layout.columns - 1)
    return (start, gap) if _may_start(rows, start) and _is_crossed_gap(gap) else None


def _is_crossed_gap(gap: float) -> bool:
    return MIN_CROSSED_GAP_PX <= gap <= MAX_CROSSED_GAP_PX


def _may_start(rows: RowTraces, start: float, lost: float = MAX_OFFSET_PX) -> bool:
    """Whether the signal may begin there: where it is seen to, or on the foot of the pulse.

    ``lost`` are the pixels of its beginning that may not have been seen.
    """
    if rows.span.first_is_seen or rows.pulse is None:
        return -lost <= start - rows.start <= MAX_OFFSET_PX
    return 0.0 <= start - rows.pulse.right <= MAX_PULSE_FOOT_PX
