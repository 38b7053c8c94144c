"""Where each column of leads begins and ends."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.page_layout.border_evidence import border_evidence
from heartsense.digitizer.page_layout.layouts import Layout
from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.row_traces import RowTraces
from heartsense.digitizer.trace_extraction.signal_span import signal_span
from heartsense.numeric import Floats, Indices, true_runs

COLUMN_SECONDS: Final = {4: 2.5, 2: 5.0, 1: 10.0}
"""Seconds that a column shows on a standard page, by the number of columns."""

PAGE_SECONDS: Final = 10.0
STANDARD_PX_PER_SECOND: Final = 25.0 * PX_PER_MM
"""At 25 mm/s."""

MIN_GAP_PX: Final = 0.5 * PX_PER_MM
"""Blank paper between columns that are drawn apart."""

MAX_SEPARATOR_PX: Final = int(1.2 * PX_PER_MM)
MIN_BESIDE_PX: Final = int(0.25 * PX_PER_MM)
"""Widest tick, line or bar that may stand in such a gap, and the blank paper beside it."""

MIN_BAR_COLUMNS: Final = 3
"""One bar alone does not say how wide the columns are."""

MAX_WIDTH_RANGE: Final = 0.06
"""Range of the widths of columns that are drawn apart, relative to their mean."""

MAX_WIDTH_DEVIATION: Final = 0.05
"""Relative difference of the mean column width from the standard at which nothing is cropped."""

MAX_MARGIN_PX: Final = 0.5 * PX_PER_MM
"""Paper right of the signal up to which the picture may have cut off the last column."""

MIN_CUT_EVIDENCE: Final = 1.0
"""How much more must speak for columns of standard width than for a complete page."""

MAX_BORDER_SHIFT_PX: Final = 3.0 * PX_PER_MM
"""Distance of the first column from the first signal on a page that is not cropped."""

MAX_CROPPED_SHARE: Final = 0.9
"""Part of the first column that may be missing on a cropped page."""

STRETCHES: Final = np.linspace(0.98, 1.02, 9)
"""Widths that are tried, relative to the expected one."""
STRETCH_COST: Final = 20.0
EDGE_COST_PER_PX: Final = 0.04
"""Cost of distance between the outer borders and the first and last signal."""
UNCOVERED_COST_PER_PX: Final = 1.0
UNCOVERED_TOLERANCE_PX: Final = 1.0 * PX_PER_MM
"""Signal that may lie right of the last column at no cost."""

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
        First pixel column and the one past the last.
    """
    divided = layout.divided_rows
    paths = [rows.paths[r] for r in divided]
    inked = rows.runs.has_ink(np.concatenate([path.runs for path in paths]))
    end = rows.end
    if rows.other_ink is None:  # a level page: on bent ones creases prolong rows
        inked = ~_without_narrow_ink(~inked)
        end = signal_span(rows.runs, paths, rows.pulse)[1]
    spans = _spans_between_gaps(inked, rows.start, end, layout.columns)
    if spans is not None:
        return spans
    spans = _spans_between_bars(rows.bars, layout.columns)
    if spans is not None:
        return np.clip(spans, max(rows.start - MAX_BORDER_SHIFT_PX, 0), rows.runs.columns)
    centrelines = [rows.centrelines[r] for r in divided]
    evidence = border_evidence(rows.runs, paths, centrelines, rows.separators, rows.other_ink)
    end = rows.end if rows.other_ink is None else _end_of_bent_rows(rows)
    end = max(end, _end_of_longer_strips(rows, layout))
    edges = _fit_edges(evidence, rows.start, end, layout.columns, has_grid=has_grid)
    spans = np.column_stack([edges[:-1], edges[1:]])
    return np.clip(spans, None, rows.end + 1)


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
        standard = rows.start + PAGE_SECONDS * STANDARD_PX_PER_SECOND * speed
        if 0 < rows.end - standard < BENT_TOLERANCE_PX:
            return standard
    return rows.end


def _spans_between_gaps(
    inked: NDArray[np.bool_], start: float, end: float, columns: int
) -> Floats | None:
    """Columns that are drawn apart: the spans between their gaps.

    Parameters
    ----------
    inked : bool array, shape (width,)
        Where any row has trace.
    start, end : float
        First and last column of signal.
    columns : int

    Returns
    -------
    float64 array, shape (columns, 2), or None
        None unless there are enough gaps and they divide the page evenly.
    """
    first, last = int(start), int(end)
    left, right = true_runs(~inked[first : last + 1]).T + first
    is_gap = (right - left >= MIN_GAP_PX) & (left > first) & (right <= last)
    if is_gap.sum() < columns - 1 or columns == 1:
        return None
    widest = np.sort(np.argsort(-(right - left) * is_gap, kind="stable")[: columns - 1])
    spans = np.column_stack([[start, *right[widest]], [*left[widest], end + 1]]).astype(float)
    widths = np.diff(spans, axis=1)[:, 0]
    return spans if np.ptp(widths) < MAX_WIDTH_RANGE * widths.mean() else None


def _without_narrow_ink(blank: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where paper is blank, or only a tick, line or bar stands in a gap."""
    filled = blank.copy()
    for left, right in true_runs(~blank):
        beside = blank[max(left - MIN_BESIDE_PX, 0) : left], blank[right : right + MIN_BESIDE_PX]
        is_alone = all(len(side) == MIN_BESIDE_PX and side.all() for side in beside)
        if right - left <= MAX_SEPARATOR_PX and is_alone:
            filled[left:right] = True
    return filled


def _spans_between_bars(bars: Indices, columns: int) -> Floats | None:
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


def _fit_edges(
    evidence: Floats, start: float, end: float, columns: int, *, has_grid: bool
) -> Floats:
    """Edges of adjoining columns, shape (columns + 1,).

    A page that shows all of its traces is divided evenly. On a cropped page the columns keep their
    standard width and are placed where the evidence for borders is strongest.
    """
    even = np.linspace(start, end + 1, columns + 1)
    if columns == 1:
        return even
    standard = COLUMN_SECONDS[columns] * STANDARD_PX_PER_SECOND
    width = (end - start) / columns
    deviation = min(abs(width / (standard * speed) - 1) for speed in (1.0, 2.0))
    if not has_grid or deviation < MAX_WIDTH_DEVIATION:
        shifts = (MAX_BORDER_SHIFT_PX, MAX_BORDER_SHIFT_PX)
        edges, score = _place_columns(evidence, start, end, columns, width, shifts)
        may_be_cut = has_grid and width < standard and end >= len(evidence) - MAX_MARGIN_PX
        if not may_be_cut:
            return edges
        end = start + columns * standard
        cut, cut_score = _place_columns(evidence, start, end, columns, standard, shifts)
        return cut if cut_score > score + MIN_CUT_EVIDENCE else edges
    if width < standard:
        shifts = (MAX_CROPPED_SHARE * standard, UNCOVERED_TOLERANCE_PX)
        return _place_columns(evidence, start, end, columns, standard, shifts)[0]
    return even


def _place_columns(
    evidence: Floats,
    start: float,
    end: float,
    columns: int,
    width: float,
    shifts: tuple[float, float],
) -> tuple[Floats, float]:
    """Place columns of nearly ``width`` so that their borders have the most evidence.

    ``shifts`` are the pixels by which the first column may begin left and right of ``start``.
    Returns the edges and how much speaks for them.
    """
    offsets = np.arange(start - shifts[0], start + shifts[1] + 1)
    best, edges = -np.inf, np.linspace(start, start + columns * width, columns + 1)
    steps = np.arange(columns + 1)
    for stretch in STRETCHES:
        placed = offsets[:, None] + steps * width * stretch
        inside = (placed >= 0) & (placed < len(evidence))
        nearest = np.clip(placed, 0, len(evidence) - 1).astype(int)
        score = (evidence[nearest] * inside).sum(axis=1)
        score -= EDGE_COST_PER_PX * (np.abs(placed[:, 0] - start) + np.abs(placed[:, -1] - end))
        uncovered = np.maximum(end - placed[:, -1] - UNCOVERED_TOLERANCE_PX, 0)
        score -= UNCOVERED_COST_PER_PX * uncovered
        score -= STRETCH_COST * abs(stretch - 1)
        top = int(np.argmax(score))
        if score[top] > best:
            best, edges = float(score[top]), placed[top]
    return np.asarray(edges), best
