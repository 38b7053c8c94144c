"""One page read at one scale: its traces in the most consistent layout."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from heartsense.digitizer.grid import Grid
from heartsense.digitizer.ink.network import TRACE_PROBABILITY, released_ink_network
from heartsense.digitizer.page_layout.hypotheses import LayoutHypothesis, fit_layouts
from heartsense.digitizer.page_layout.layouts import candidate_layouts
from heartsense.digitizer.page_layout.print_slope import print_slope
from heartsense.digitizer.page_layout.rhythm_strips import COMMON_RHYTHM_LEADS
from heartsense.digitizer.rectified_page import PX_PER_MM, RectifiedPage
from heartsense.digitizer.trace_extraction.centreline_network import correct_centrelines
from heartsense.digitizer.trace_extraction.row_traces import (
    RowTraces,
    extract_row_traces,
    with_trace_probability,
)

SECOND_READING_INCONSISTENCY: Final = 0.15
"""Inconsistency from which a page is read a second way: with or without the ink network, whichever
was not tried, or along another grid."""

MAX_INCONSISTENCY: Final = 0.6
"""Inconsistency above which what was read is wrong: the grid may be something else, or no ECG."""

MAX_MENDED_INCONSISTENCY: Final = 0.8
"""Inconsistency up to which the ink network may still mend what was read from the ink alone: where
bars and names are taken for a worn trace."""

FAINT_TRACE_PROBABILITY: Final = 0.1
"""From which a pixel is a trace to the network where it otherwise sees no row: a scanner in black
and white leaves thin and broken lines."""

READING_MARGIN: Final = 0.05
GRIDLESS_MARGIN: Final = 0.025
"""How much less doubtful the second way must be, and where no grid speaks for the first one."""

MAX_MISSED_INK: Final = 0.35
"""Share of the ink that no path follows from which a row is one of many, and from which the network
may tell more of a flat page. It takes spikes of a pacemaker off the trace, which are narrower than
a pixel: where little ink is missed it is not asked. Scans with pieces of a grid have 0.5 to 0.6."""

SHORT_ROW_SECONDS: Final = 3.0

MAX_PEN_PX: Final = 2.0 * PX_PER_MM
"""Thickness from which the only line on a page is a border, and no trace."""

RARE_STRIP_DOUBT: Final = 0.1
"""Doubt, in units of inconsistency, about a rhythm strip that repeats a lead few machines print."""

UNKNOWN_STRIP_DOUBT: Final = 0.15
"""The same about one that is like no lead and is left out: ten seconds of a lead are lost."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """The best hypothesis at one scale, and whether that scale comes from a grid."""

    hypothesis: LayoutHypothesis
    grid: Grid
    has_grid: bool

    @property
    def inconsistency(self) -> float:
        return self.hypothesis.inconsistency

    @property
    def leads(self) -> int:
        return len(self.hypothesis.ecg.leads)

    @property
    def is_short_row(self) -> bool:
        return self.leads == 1 and self.hypothesis.ecg.duration < SHORT_ROW_SECONDS

    @property
    def is_one_of_many(self) -> bool:
        """Whether the page seems to show more such rows; beside a beat that is noise."""
        misses_ink = self.hypothesis.ink.missed > MAX_MISSED_INK
        return self.leads == 1 and not self.is_short_row and misses_ink

    @property
    def doubt(self) -> float:
        """Inconsistency, and more where a rhythm strip seems to repeat a rare lead, or none."""
        is_rare = not set(self.hypothesis.strip_leads) <= set(COMMON_RHYTHM_LEADS)
        is_unknown = self.hypothesis.has_unknown_strip
        return self.inconsistency + RARE_STRIP_DOUBT * is_rare + UNKNOWN_STRIP_DOUBT * is_unknown

    def with_legend_of(self, other: "Attempt") -> "Attempt":
        """The same in the gain that the other one read in the legend, where this had to assume one.

        Text is the same however the page is flattened, but not always read.
        """
        own, read = self.hypothesis.scale, other.hypothesis.scale
        if own.gain_source != "standard" or read.gain_source != "legend":
            return self
        return replace(self, hypothesis=self.hypothesis.at_printed_gain(read.gain))


def attempt_page(page: RectifiedPage, grid: Grid, *, has_grid: bool = True) -> Attempt | None:
    """Digitize a rectified page; with the ink network where its traces may have gaps.

    What was read badly is read the other way too: paper may be unlike what the network has seen;
    and where ink is left over, as pieces of a grid, only the network tells it from a trace.
    """
    plain = replace(page, probability=None)
    if page.is_read_by_network:
        first = _by_network(page, grid, has_grid=has_grid)
        if first is not None and first.is_one_of_many:  # the other rows were lost
            return best_layout(plain, grid, has_grid=has_grid) or first
        if first is None or first.inconsistency > SECOND_READING_INCONSISTENCY:
            return unless_clearly_better(first, best_layout(plain, grid, has_grid=has_grid))
        if first.leads == 1 and not page.bent:  # the network has seen no scanned strips
            return best_layout(plain, grid, has_grid=has_grid) or first
        return first
    first = best_layout(plain, grid, has_grid=has_grid)
    if first is None or not _misses_ink(first):
        return first
    return unless_clearly_better(first, _by_network(page, grid, has_grid=has_grid))


def _by_network(page: RectifiedPage, grid: Grid, *, has_grid: bool) -> Attempt | None:
    """Read what the ink network takes for a trace; None where there is none, or no network."""
    network = released_ink_network()
    if network is None:
        return None
    seen = with_trace_probability(page, network)
    found = best_layout(seen, grid, has_grid=has_grid)
    if found is not None or seen.probability is None:
        return found
    raised = np.minimum(seen.probability * (TRACE_PROBABILITY / FAINT_TRACE_PROBABILITY), 1.0)
    return best_layout(replace(seen, probability=raised), grid, has_grid=has_grid)


def _misses_ink(attempt: Attempt) -> bool:
    """Whether it was read badly, but is an ECG, and much of the ink was left over."""
    is_ecg = attempt.inconsistency <= MAX_MENDED_INCONSISTENCY
    is_doubtful = attempt.inconsistency > SECOND_READING_INCONSISTENCY
    return is_doubtful and is_ecg and attempt.hypothesis.ink.missed > MAX_MISSED_INK


def unless_clearly_better(first: Attempt | None, second: Attempt | None) -> Attempt | None:
    """The first reading, unless the second is clearly less doubtful.

    A gain that only the other one read counts too.
    """
    if first is None or second is None:
        return first or second
    if _is_clearly_better(second, first):
        return second.with_legend_of(first)
    return first.with_legend_of(second)


def _is_clearly_better(second: Attempt, first: Attempt) -> bool:
    """No law can be checked in a strip: it is no better than a reading of several leads."""
    loses_leads = second.leads == 1 < first.leads
    margin = READING_MARGIN if first.has_grid or second.has_grid else GRIDLESS_MARGIN
    return not loses_leads and second.doubt < first.doubt - margin


def best_layout(page: RectifiedPage, grid: Grid, *, has_grid: bool) -> Attempt | None:
    """Trace a rectified page and keep its most consistent layout; None if no trace is found."""
    rows = _corrected_row_traces(page)
    if rows is None or (len(rows.paths) == 1 and 2 * rows.span.pen > MAX_PEN_PX):
        return None
    # Turning costs more than all else; where the rows are no layout's, it makes them none.
    slope = print_slope(rows, bent=page.bent) if candidate_layouts(len(rows.paths)) else 0.0
    hypotheses = fit_layouts(page, rows, has_grid=has_grid, may_be_aslant=not slope)
    if slope:
        level = page.turned(slope)
        rows = _corrected_row_traces(level)
        turned = fit_layouts(level, rows, has_grid=has_grid) if rows is not None else []
        hypotheses = turned + hypotheses
    found = [Attempt(hypothesis, grid, has_grid) for hypothesis in hypotheses]
    return min(found, key=lambda attempt: attempt.doubt, default=None)


def _corrected_row_traces(page: RectifiedPage) -> RowTraces | None:
    rows = extract_row_traces(page)
    return None if rows is None else correct_centrelines(rows)
