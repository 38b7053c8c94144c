"""Gaps that the ink network leaves in a trace, bridged along the ink that the page shows there.

Where a label or a dotted line crosses a trace, or the trace is unlike those that the network was
trained on, it may see none for some millimetres. A straight line would bridge the gap, and cut off
a QRS complex beside a label.
"""

from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from heartsense.digitizer.ink.network import TRACE_PROBABILITY
from heartsense.digitizer.ink.segmentation import FloatImage
from heartsense.digitizer.rectified_page import PX_PER_MM, RectifiedPage
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns, find_ink_runs
from heartsense.digitizer.trace_extraction.path_following import (
    BENT_PAGE,
    TracePath,
    follow_paths,
    path_breaks,
)
from heartsense.numeric import Floats, Indices

MIN_GAP_PX: Final = 3
"""Columns without a trace from which there is a gap."""

MAX_GAP_PX: Final = 6 * PX_PER_MM
MAX_GAPS: Final = 40
"""In one row: of a trace with more, too little is seen, and looking at each would take long."""

MAX_CONTINUATION_PX: Final = 3 * PX_PER_MM
"""Columns by which ink may go on beyond the ends of a trace: more is something else."""

MAX_HEIGHT_PX: Final = 20 * PX_PER_MM
"""How far above and below both ends of the gap ink is followed."""

MIN_DARKNESS: Final = 0.7
"""Darkness of that ink relative to the trace's: less is a shadow or a crease."""

BESIDE_PX: Final = 4 * PX_PER_MM
"""Columns on each side of a gap in which the ink is followed as well: a path must be worth it."""


def bridge_gaps(
    page: RectifiedPage, traced: RectifiedPage, runs: InkRuns, paths: list[TracePath]
) -> RectifiedPage | None:
    """Add the ink in the gaps of traces to what the network sees.

    Parameters
    ----------
    page, traced : RectifiedPage
        With its ink, and with the probability of a trace in place of it.
    runs : InkRuns
        Of the traced page.
    paths : list of TracePath

    Returns
    -------
    RectifiedPage or None
        The traced page with the ink that continues a trace without a break; None without any.
    """
    bridges = [bridge for path in paths for bridge in _bridges(page, runs, path)]
    if not bridges:
        return None
    ink = traced.ink.copy()
    for bridge in bridges:
        _add_ink(ink, page, bridge)
    return replace(traced, ink=ink, with_grid=ink)


def _bridges(page: RectifiedPage, runs: InkRuns, path: TracePath) -> list[InkRuns]:
    """The ink in the gaps of a trace and beyond its ends, where it is as dark as the trace."""
    found = [_bridge(page, runs, *gap) for gap in _gaps(runs, path)]
    for end, step in ((0, -1), (-1, 1)):
        found.append(_continuation(page, runs, int(path.runs[end]), step))
    bridges = [bridge for bridge in found if bridge is not None]
    if not bridges:
        return []
    least = MIN_DARKNESS * _darkness(page, runs.column[path.runs], runs.centre[path.runs])
    return [b for b in bridges if _darkness(page, b.column, b.centre) >= least]


def _gaps(runs: InkRuns, path: TracePath) -> list[tuple[int, int]]:
    """The runs before and after each gap."""
    across = np.diff(runs.column[path.runs]) - 1
    at = np.flatnonzero((across >= MIN_GAP_PX) & (across < MAX_GAP_PX))
    if len(at) > MAX_GAPS:
        return []
    return list(zip(path.runs[at].tolist(), path.runs[at + 1].tolist(), strict=True))


def _bridge(page: RectifiedPage, runs: InkRuns, before: int, after: int) -> InkRuns | None:
    """The runs of ink from the trace before a gap to that behind it; None if they have a break."""
    first = max(int(runs.column[before]) - BESIDE_PX, 0)
    last = min(int(runs.column[after]) + BESIDE_PX, runs.columns - 1)
    ends = runs.centre[[before, after]]
    top = max(int(ends.min()) - MAX_HEIGHT_PX, 0)
    height = int(ends.max()) + MAX_HEIGHT_PX
    across = page.ink[top:height, runs.column[before] + 1 : runs.column[after]]
    if not (across > page.threshold).any(axis=0).all():
        return None
    part = np.s_[top:height, first : last + 1]
    ink = find_ink_runs(page.ink[part], page.threshold, page.with_grid[part])
    (found,) = follow_paths(ink, [float(ends.mean()) - top], BENT_PAGE)
    column = ink.column[found.runs] + first
    chosen = found.runs[(column >= runs.column[before]) & (column <= runs.column[after])]
    width = runs.column[after] - runs.column[before] + 1
    if len(chosen) < width or path_breaks(ink, chosen).any():
        return None
    chain = _on_page(ink, chosen, first, top, runs.columns)
    is_joined = all(
        chain.top[end] <= runs.bottom[run] and runs.top[run] <= chain.bottom[end]
        for end, run in ((0, before), (-1, after))
    )
    return chain if is_joined else None


def _continuation(page: RectifiedPage, runs: InkRuns, end: int, step: int) -> InkRuns | None:
    """The ink that goes on beyond a trace's first or last run, where a row is cut in a QRS complex.

    ``step`` is 1 to follow it to the right, -1 to the left.
    """
    column = int(runs.column[end])
    first = column + 1 if step > 0 else max(column - MAX_CONTINUATION_PX - 1, 0)
    stop = column + MAX_CONTINUATION_PX + 2 if step > 0 else column
    top = max(int(runs.centre[end]) - MAX_HEIGHT_PX, 0)
    part = np.s_[top : top + 2 * MAX_HEIGHT_PX, first:stop]
    ink = find_ink_runs(page.ink[part], page.threshold, page.with_grid[part])
    above, below = runs.top[end] - top, runs.bottom[end] - top
    chosen: list[int] = []
    for begin, after in list(pairwise(ink.first.tolist()))[::step]:
        touching = begin + np.flatnonzero(
            (ink.top[begin:after] <= below) & (ink.bottom[begin:after] >= above)
        )
        if not len(touching):
            break
        chosen.append(int(touching[0]))
        above, below = ink.top[touching[0]], ink.bottom[touching[0]]
    if not 0 < len(chosen) <= MAX_CONTINUATION_PX:
        return None
    return _on_page(ink, np.array(chosen[::step]), first, top, runs.columns)


def _on_page(ink: InkRuns, chosen: Indices, left: int, top: int, columns: int) -> InkRuns:
    """The chosen runs of a part of a page, one a column, where they lie on the page."""
    column = ink.column[chosen] + left
    first = np.searchsorted(column, np.arange(columns + 1))
    return InkRuns(column, ink.top[chosen] + top, ink.bottom[chosen] + top, first)


def _darkness(page: RectifiedPage, column: Indices, centre: Floats) -> float:
    """Median darkness of a page in the middle of runs."""
    middle = np.minimum(centre.round().astype(np.int64), len(page.ink) - 1)
    return float(np.median(page.ink[middle, column]))


def _add_ink(traced: FloatImage, page: RectifiedPage, chain: InkRuns) -> None:
    """Add the ink of a chain of runs to a traced page."""
    scale = TRACE_PROBABILITY / page.threshold
    for x, top, bottom in zip(chain.column, chain.top, chain.bottom, strict=True):
        rows = slice(max(int(top), 0), int(bottom) + 2)
        traced[rows, x] = np.maximum(traced[rows, x], np.minimum(page.ink[rows, x] * scale, 1.0))
