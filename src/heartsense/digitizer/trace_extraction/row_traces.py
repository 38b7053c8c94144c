"""Extract the rows of a page that hold a trace, and where their signal begins and ends."""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from heartsense.digitizer.ink.network import (
    TRACE_PROBABILITY,
    InkNetwork,
    near_traces,
)
from heartsense.digitizer.rectified_page import FAINT_INK_RATIO, PX_PER_MM, RectifiedPage
from heartsense.digitizer.standard_columns import column_width
from heartsense.digitizer.trace_extraction.baselines import baseline_candidates
from heartsense.digitizer.trace_extraction.calibration_pulse import (
    CalibrationPulse,
    detect_calibration_pulse,
)
from heartsense.digitizer.trace_extraction.centreline import trace_centreline
from heartsense.digitizer.trace_extraction.drawn_pulse import find_drawn_pulse
from heartsense.digitizer.trace_extraction.enclosed_ink import join_enclosed_runs
from heartsense.digitizer.trace_extraction.ink_runs import (
    InkRuns,
    find_ink_runs,
    remove_specks,
    stroke_sizes,
)
from heartsense.digitizer.trace_extraction.network_gaps import bridge_gaps
from heartsense.digitizer.trace_extraction.overlaps import assign_shared_ink, unexplained_overlap
from heartsense.digitizer.trace_extraction.page_ink import page_ink
from heartsense.digitizer.trace_extraction.path_following import (
    BENT_PAGE,
    FLAT_PAGE,
    GapCosts,
    TracePath,
    follow_paths,
)
from heartsense.digitizer.trace_extraction.row_selection import (
    MIN_LENGTH_PX,
    of_similar_length,
    traces_of,
    without_duplicates,
    without_rules,
)
from heartsense.digitizer.trace_extraction.separator_bars import remove_separator_bars
from heartsense.digitizer.trace_extraction.separator_lines import (
    line_height,
    separator_lines,
    without_lines,
)
from heartsense.digitizer.trace_extraction.separator_ticks import (
    SeparatorTicks,
    find_separator_ticks,
    without_ticks,
)
from heartsense.digitizer.trace_extraction.shared_ink import split_shared_ink
from heartsense.digitizer.trace_extraction.signal_span import (
    SignalSpan,
    signal_span,
    without_pulse_edge,
)
from heartsense.ecg import PageInk
from heartsense.numeric import Floats, Indices

MAX_ROWS: Final = 16
MAX_BASELINES: Final = 28
"""Rows of trace and lines of text together; more are a page of text."""

MAX_RUNS_PER_COLUMN: Final = 40
"""Mean number of ink runs per column above which the page is a photograph or noise."""

MAX_FAINT_PX: Final = 3 * PX_PER_MM
"""Of a steep stroke along a grid line of a bent page."""

MAX_FAINT_NETWORK_PX: Final = 5 * PX_PER_MM
"""The same, where the ink network shows the traces: it leaves less that could be joined wrongly."""

MAX_COLUMN_DEVIATION: Final = 0.05
"""Relative, of a column's width from the standard one."""


@dataclass(frozen=True, slots=True)
class RowTraces:
    """The traces of all rows, from top to bottom.

    Attributes
    ----------
    runs : InkRuns
        All ink of the page, or what the ink network takes for a trace, without specks,
        separator lines and ticks.
    paths : list of TracePath
    centrelines : list of float64 arrays, shape (columns,)
        Rectified pixels downwards; NaN where there is no trace.
    pulse : CalibrationPulse or None
    separators : int64 array
        Columns of upright lines that were drawn across rows, and of ticks and bars between leads.
    bars : int64 array
        Columns of bars between leads: short, thick and at one place in several rows.
    span : SignalSpan
        Where the signal begins and ends, without the calibration pulse.
    by_network : bool
        Whether the runs are what the ink network takes for a trace: their edges are softer.
    other_ink : InkRuns or None
        Of a bent page: what is no trace, such as text and dotted lines.
    overlap : float
        How much of the strokes where rows overlap is not explained; see ``unexplained_overlap``.
    ink : PageInk
    """

    runs: InkRuns
    paths: list[TracePath]
    centrelines: list[Floats]
    pulse: CalibrationPulse | None
    separators: Indices
    bars: Indices
    span: SignalSpan
    by_network: bool = False
    other_ink: InkRuns | None = None
    overlap: float = 0.0
    ink: PageInk = field(default_factory=PageInk)

    @property
    def is_bent(self) -> bool:
        """Whether they are of a bent page."""
        return self.other_ink is not None

    @property
    def max_gap_px(self) -> int:
        """Gaps up to so many columns are bridged; see ``trace_centreline``."""
        return (BENT_PAGE if self.is_bent else FLAT_PAGE).max_gap_px

    def first(self, count: int) -> "RowTraces":
        """The upper rows alone, of the same ink."""
        paths = self.paths[:count]
        span = signal_span(self.runs, paths, self.pulse)
        return replace(self, paths=paths, centrelines=self.centrelines[:count], span=span)

    @property
    def start(self) -> float:
        """Column of the first point of signal."""
        return self.span.start

    @property
    def end(self) -> float:
        """Column of the last point of signal."""
        return self.span.end


@dataclass(frozen=True, slots=True)
class _Separators:
    """Lines between leads, or ticks.

    Attributes
    ----------
    columns : int64 array
        Pixel columns in which they hide the trace.
    height : tuple of float
        From where to where the lines reach, in pixels.
    ticks : SeparatorTicks or None
        None where there are lines, or nothing.
    """

    columns: Indices
    height: tuple[float, float]
    ticks: SeparatorTicks | None

    def taken_out_of(self, runs: InkRuns) -> InkRuns:
        if self.ticks is not None:
            return without_ticks(runs, self.ticks)[0]
        return without_lines(runs, self.columns, self.height)


def with_trace_probability(page: RectifiedPage, network: InkNetwork) -> RectifiedPage:
    """A page with what the ink network sees.

    A flat page is from then on read as a bent one: its grid was as dark as the ink.
    """
    seen = page.seen_by(network) if page.probability is None else page
    return replace(seen, bent=True)


def extract_row_traces(page: RectifiedPage) -> RowTraces | None:
    """Extract the trace of every row of a page; None where there is no trace."""
    unread = page
    traced = _traced(page)
    page, bars = _without_bars(page)
    max_faint_px = (MAX_FAINT_NETWORK_PX if traced else MAX_FAINT_PX) if page.bent else 0
    inked, page = page, traced or page
    costs = BENT_PAGE if page.bent else FLAT_PAGE
    found = _runs_and_baselines(page, max_faint_px)
    if found is None:
        return None
    runs, baselines = found
    drawn, other_ink = runs, _beside_traces(unread)
    marks = _find_separators(runs, other_ink, baselines)
    runs = marks.taken_out_of(runs)
    paths = _trace_paths(runs, baselines, costs)
    bridged = bridge_gaps(inked, page, runs, paths) if traced else None
    if bridged is not None:
        runs = marks.taken_out_of(remove_specks(_runs(bridged, max_faint_px)))
        paths = _trace_paths(runs, [path.baseline for path in paths], costs)
    paths = of_similar_length(runs, without_duplicates(runs, paths))
    if not 1 <= len(paths) <= MAX_ROWS:
        return None
    runs, paths = join_enclosed_runs(runs, paths)
    runs, paths, missed = split_shared_ink(runs, paths)
    paths, lost = assign_shared_ink(runs, paths)
    rows = without_rules([(path, trace_centreline(runs, path, costs.max_gap_px)) for path in paths])
    paths, centrelines = [path for path, _ in rows], [line for _, line in rows]
    pulse = detect_calibration_pulse(runs, paths, centrelines) or find_drawn_pulse(
        drawn, *_starts_of(runs, paths)
    )
    span = signal_span(runs, paths, pulse)
    if pulse is not None and (page.bent or len(bars) or span.begins_at_edge(pulse)):
        centrelines = [
            without_pulse_edge(line, runs.column[path.runs], pulse)
            for path, line in zip(paths, centrelines, strict=True)
        ]
        span = span.from_edge(pulse)
    if span.end - span.start < MIN_LENGTH_PX:
        return None
    separators = marks.columns
    if other_ink is not None:
        separators = separators[(separators > span.start) & (separators < span.end)]
    separators = np.union1d(separators, bars)
    untraced = _untraced(runs, paths)
    if page.bent and other_ink is None:
        other_ink = untraced
    return RowTraces(
        runs,
        paths,
        centrelines,
        pulse,
        separators,
        bars,
        span,
        traced is not None,
        other_ink,
        overlap=unexplained_overlap(missed + lost, centrelines, span.start, span.end),
        ink=page_ink(runs, untraced, paths, centrelines, span, by_network=traced is not None),
    )


def _starts_of(runs: InkRuns, paths: list[TracePath]) -> tuple[int, Floats]:
    """First column of ink of all rows, and their baselines."""
    first = min(int(runs.column[path.runs[0]]) for path in paths)
    return first, np.array([path.baseline for path in paths])


def _runs(page: RectifiedPage, max_faint_px: int) -> InkRuns:
    return find_ink_runs(page.ink, page.threshold, page.with_grid, max_faint_px)


def _find_separators(
    runs: InkRuns, other_ink: InkRuns | None, baselines: list[float]
) -> _Separators:
    """The lines or ticks between leads; the ink network takes them off the trace."""
    ink, lines = runs, separator_lines(runs, baselines)
    if other_ink is not None and not len(lines):
        ink, lines = other_ink, separator_lines(other_ink, baselines)
    ticks = None if len(lines) else find_separator_ticks(ink, baselines)
    columns = lines if ticks is None else without_ticks(ink, ticks)[1]
    return _Separators(columns, line_height(ink, lines, baselines), ticks)


def _trace_paths(runs: InkRuns, baselines: list[float], costs: GapCosts) -> list[TracePath]:
    return traces_of(runs, follow_paths(runs, baselines, costs))


def _without_bars(page: RectifiedPage) -> tuple[RectifiedPage, Indices]:
    """The page without bars between leads, and their columns."""
    ink_threshold = page.threshold / FAINT_INK_RATIO
    ink, bars = remove_separator_bars(page.ink, page.with_grid, ink_threshold)
    if not (_may_divide(bars) if page.bent else _divide_evenly(bars)):
        return page, bars[:0]
    return replace(page, ink=ink), bars


def _traced(page: RectifiedPage) -> RectifiedPage | None:
    """A page with the probability of a trace as its ink; None where the network was not asked.

    The network has seen traces without gaps: it also shows where lines of the grid cut a stroke
    when they were removed.
    """
    seen = page.probability
    if seen is None:
        return None
    return replace(page, ink=seen, with_grid=seen, threshold=TRACE_PROBABILITY)


def _beside_traces(page: RectifiedPage) -> InkRuns | None:
    """The ink that is no trace to the ink network; None where it was not asked."""
    if page.probability is None:
        return None
    ink = np.where(near_traces(page.probability), np.float32(0), page.ink)
    return find_ink_runs(ink, page.threshold, page.with_grid)


def _untraced(runs: InkRuns, paths: list[TracePath]) -> InkRuns:
    """The runs that are part of no path."""
    is_free = np.ones(len(runs.column), dtype=bool)
    is_free[np.concatenate([path.runs for path in paths])] = False
    return runs.select(is_free)


def _divide_evenly(bars: Indices) -> bool:
    """Whether bars stand where standard columns end; the QRS complexes of 12 rows do not."""
    widths = np.diff(bars) / column_width(4)
    speed = 2.0 if len(widths) and widths.min() > 1.5 else 1.0
    return len(widths) > 0 and float(np.abs(widths / speed - 1).max()) < MAX_COLUMN_DEVIATION


def _may_divide(bars: Indices) -> bool:
    """Whether bars may stand where some standard columns end; QRS complexes are nearer."""
    return bool((np.diff(bars) > (1 - MAX_COLUMN_DEVIATION) * column_width(4)).all())


def _runs_and_baselines(
    page: RectifiedPage, max_faint_px: int
) -> tuple[InkRuns, list[float]] | None:
    """Ink runs without specks, and baseline candidates; None where it cannot be an ECG."""
    runs = _runs(page, max_faint_px)
    if len(runs.column) > MAX_RUNS_PER_COLUMN * runs.columns:
        return None
    runs = remove_specks(runs)
    if not len(runs.column):
        return None
    baselines = baseline_candidates(runs, page.ink.shape[0], stroke_sizes(runs)[:, 0])
    return (runs, baselines) if 1 <= len(baselines) <= MAX_BASELINES else None
