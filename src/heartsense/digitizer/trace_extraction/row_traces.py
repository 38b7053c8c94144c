"""Extract the rows of a page that hold a trace, and where their signal begins and ends."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from heartsense.digitizer.ink_network import (
    TRACE_PROBABILITY,
    near_traces,
    released_ink_network,
)
from heartsense.digitizer.rectified_page import FAINT_INK_RATIO, PX_PER_MM, RectifiedPage
from heartsense.digitizer.trace_extraction.baselines import baseline_candidates
from heartsense.digitizer.trace_extraction.calibration_pulse import (
    CalibrationPulse,
    detect_calibration_pulse,
)
from heartsense.digitizer.trace_extraction.centreline import trace_centreline
from heartsense.digitizer.trace_extraction.ink_runs import (
    InkRuns,
    find_ink_runs,
    remove_specks,
    stroke_sizes,
)
from heartsense.digitizer.trace_extraction.lead_separators import separator_lines
from heartsense.digitizer.trace_extraction.overlaps import assign_shared_ink
from heartsense.digitizer.trace_extraction.path_following import (
    BENT_PAGE,
    FLAT_PAGE,
    TracePath,
    follow_paths,
)
from heartsense.digitizer.trace_extraction.separator_ticks import remove_separator_ticks
from heartsense.numeric import Floats, Indices

MIN_LENGTH_PX: Final = 12.0 * PX_PER_MM
MIN_INKED_COLUMNS: Final = 0.75
"""Share of a path's columns that hold ink."""

MAX_BREAKS_PER_MM: Final = 0.35
"""More breaks are text or texture: letters break every 1 to 2 mm."""

MAX_SHARED_RUNS: Final = 0.25
"""Share of a path's runs that may belong to another row."""

MIN_RELATIVE_LENGTH: Final = 0.6
"""Length of a row, relative to the median of all rows."""

RULE_SHARE: Final = 0.9
MAX_RULE_DEVIATION_PX: Final = 0.15 * PX_PER_MM
"""Share of a straight line that deviates so little at most; a flat lead still has waves and noise."""

MIN_ROWS_BESIDE_RULES: Final = 3

MAX_ROWS: Final = 16
MAX_BASELINES: Final = 28
"""Rows of trace and lines of text together; more are a page of text."""

MAX_RUNS_PER_COLUMN: Final = 40
"""Mean number of ink runs per column above which the page is a photograph or noise."""

MAX_FAINT_PX: Final = 3 * PX_PER_MM
"""Of a steep stroke along a grid line of a bent page."""

MAX_FAINT_NETWORK_PX: Final = 5 * PX_PER_MM
"""The same, where the ink network shows the traces: it leaves less that could be joined wrongly."""

MAX_SEPARATOR_REMAINDER_PX: Final = 3 * PX_PER_MM
"""Taller runs in the columns of a separator line are part of the line."""

MIN_PULSE_GAP_PX: Final = 0.4 * PX_PER_MM
MAX_PULSE_FOOT_PX: Final = 8 * PX_PER_MM
"""Length of the pulse's foot up to the gap after which the signal begins."""

COLUMN_PX: Final = 62.5 * PX_PER_MM
"""A column of 2.5 s at 25 mm/s."""

MAX_COLUMN_DEVIATION: Final = 0.05
"""Relative, of a column's width from the standard one."""

PULSE_EDGE_PX: Final = 5
"""Columns on each side of the pulse's last one that its falling edge may cover."""


@dataclass(frozen=True, slots=True)
class RowTraces:
    """The traces of all rows, from top to bottom.

    Attributes
    ----------
    runs : InkRuns
        All ink of the page, without specks and separator lines.
    paths : list of TracePath
    centrelines : list of float64 arrays, shape (columns,)
        Rectified pixels downwards; NaN where there is no trace.
    pulse : CalibrationPulse or None
    separators : int64 array
        Columns of upright lines that were drawn across rows, and of bars between leads.
    bars : int64 array
        Columns of bars between leads: short, thick and at one place in several rows.
    start, end : float
        First and last column of signal, without the calibration pulse.
    other_ink : InkRuns or None
        Of a bent page: what is no trace, such as text and dotted lines.
    """

    runs: InkRuns
    paths: list[TracePath]
    centrelines: list[Floats]
    pulse: CalibrationPulse | None
    separators: Indices
    bars: Indices
    start: float
    end: float
    other_ink: InkRuns | None = None


def with_trace_probability(page: RectifiedPage) -> RectifiedPage:
    """A bent page with what the ink network sees; others, and without a network, as they are."""
    network = released_ink_network() if page.bent else None
    return page if network is None else replace(page, probability=network(page.with_grid, page.ink))


def extract_row_traces(page: RectifiedPage) -> RowTraces | None:
    """Extract the trace of every row of a page; None where there is no trace."""
    traced, other_ink = _traced(page)
    page, bars = _without_bars(page)
    max_faint_px = (MAX_FAINT_NETWORK_PX if traced else MAX_FAINT_PX) if page.bent else 0
    page = traced or page
    costs = BENT_PAGE if page.bent else FLAT_PAGE
    found = _runs_and_baselines(page, max_faint_px)
    if found is None:
        return None
    runs, baselines = found
    separators = separator_lines(runs, baselines)
    is_separator = np.isin(runs.column, separators) & (runs.height > MAX_SEPARATOR_REMAINDER_PX)
    runs = runs.select(~is_separator)
    paths = [path for path in follow_paths(runs, baselines, costs) if _is_trace(runs, path)]
    paths = _of_similar_length(runs, _without_duplicates(runs, paths))
    if not 1 <= len(paths) <= MAX_ROWS:
        return None
    paths = assign_shared_ink(runs, paths)
    traced_rows = _without_rules(
        [(path, trace_centreline(runs, path, costs.max_gap_px)) for path in paths]
    )
    paths, centrelines = ([row[k] for row in traced_rows] for k in (0, 1))
    pulse = detect_calibration_pulse(runs, paths, centrelines)
    start, end = _signal_span(runs, paths, pulse)
    if pulse is not None and (page.bent or len(bars)):
        centrelines = [_without_pulse_edge(line, pulse) for line in centrelines]
        start = min(start, pulse.right + 1.0) if start > pulse.right else start
    if end - start < MIN_LENGTH_PX:
        return None
    separators = np.union1d(separators, bars)
    if page.bent and other_ink is None:
        other_ink = _untraced(runs, paths)
    return RowTraces(runs, paths, centrelines, pulse, separators, bars, start, end, other_ink)


def _without_bars(page: RectifiedPage) -> tuple[RectifiedPage, Indices]:
    """The page without bars between leads, and their columns."""
    ink_threshold = page.threshold / FAINT_INK_RATIO
    ink, bars = remove_separator_ticks(page.ink, page.with_grid, ink_threshold)
    if not (_may_divide(bars) if page.bent else _divide_evenly(bars)):
        return page, bars[:0]
    return replace(page, ink=ink), bars


def _traced(page: RectifiedPage) -> tuple[RectifiedPage | None, InkRuns | None]:
    """A page with the probability of a trace as its ink, and the ink of everything else.

    The network has seen traces without gaps: it also shows where lines of the grid cut a stroke
    when they were removed. None where it was not asked.
    """
    probability = page.probability
    if probability is None:
        return None, None
    other = np.where(near_traces(probability), np.float32(0), page.ink)
    runs = find_ink_runs(other, page.threshold, page.with_grid)
    traced = replace(page, ink=probability, with_grid=probability, threshold=TRACE_PROBABILITY)
    return traced, runs


def _untraced(runs: InkRuns, paths: list[TracePath]) -> InkRuns:
    """The runs that are part of no path."""
    is_free = np.ones(len(runs.column), dtype=bool)
    is_free[np.concatenate([path.runs for path in paths])] = False
    return runs.select(is_free)


def _divide_evenly(bars: Indices) -> bool:
    """Whether bars stand where standard columns end; the QRS complexes of 12 rows do not."""
    widths = np.diff(bars) / COLUMN_PX
    speed = 2.0 if len(widths) and widths.min() > 1.5 else 1.0
    return len(widths) > 0 and float(np.abs(widths / speed - 1).max()) < MAX_COLUMN_DEVIATION


def _may_divide(bars: Indices) -> bool:
    """Whether bars may stand where some standard columns end; QRS complexes are nearer."""
    return bool((np.diff(bars) > (1 - MAX_COLUMN_DEVIATION) * COLUMN_PX).all())


def _runs_and_baselines(
    page: RectifiedPage, max_faint_px: int
) -> tuple[InkRuns, list[float]] | None:
    """Ink runs without specks, and baseline candidates; None where it cannot be an ECG."""
    runs = find_ink_runs(page.ink, page.threshold, page.with_grid, max_faint_px)
    if len(runs.column) > MAX_RUNS_PER_COLUMN * runs.columns:
        return None
    runs = remove_specks(runs)
    if not len(runs.column):
        return None
    baselines = baseline_candidates(runs, page.ink.shape[0], stroke_sizes(runs)[:, 0])
    return (runs, baselines) if 1 <= len(baselines) <= MAX_BASELINES else None


def _is_trace(runs: InkRuns, path: TracePath) -> bool:
    """A trace is long and has few breaks; a line of text breaks at every letter."""
    columns = runs.column[path.runs]
    if not len(columns):
        return False
    length = float(columns[-1] - columns[0] + 1)
    return (
        length >= MIN_LENGTH_PX
        and len(columns) >= MIN_INKED_COLUMNS * length
        and path.breaks <= max(3.0, MAX_BREAKS_PER_MM * length / PX_PER_MM)
    )


def _without_duplicates(runs: InkRuns, paths: list[TracePath]) -> list[TracePath]:
    """Remove paths that mostly follow another row's trace.

    From a line of text the cheapest path continues along the nearest trace. That ink is closer to
    the baseline of the row it belongs to.
    """
    return [p for p in paths if not any(_duplicates(runs, p, other) for other in paths)]


def _duplicates(runs: InkRuns, path: TracePath, other: TracePath) -> bool:
    shared = np.intersect1d(path.runs, other.runs, assume_unique=True)
    if path is other or len(shared) < MAX_SHARED_RUNS * len(path.runs):
        return False
    centre = runs.centre[shared]
    distance = [float(np.abs(centre - p.baseline).mean()) for p in (path, other)]
    return (distance[0], path.baseline) > (distance[1], other.baseline)


def _of_similar_length(runs: InkRuns, paths: list[TracePath]) -> list[TracePath]:
    """Remove short rows: all rows of a page have one length, rules and footers do not."""
    if len(paths) < 3:
        return paths
    lengths = np.array([np.ptp(runs.column[p.runs]) for p in paths])
    limit = MIN_RELATIVE_LENGTH * np.median(lengths)
    return [p for p, length in zip(paths, lengths, strict=True) if length > limit]


def _without_rules(rows: list[tuple[TracePath, Floats]]) -> list[tuple[TracePath, Floats]]:
    """Paths and centrelines of the rows that are no straight lines, such as a grid's frame."""
    bent = [(path, line) for path, line in rows if not _is_straight(line)]
    return bent if len(bent) >= MIN_ROWS_BESIDE_RULES else rows


def _is_straight(line: Floats) -> bool:
    x = np.flatnonzero(np.isfinite(line))
    if not len(x):
        return False
    y = line[x]
    third = len(x) // 3
    first, last = (np.median(part) for part in (y[:third], y[-third:]))
    slope = (last - first) / max(float(np.median(x[-third:]) - np.median(x[:third])), 1.0)
    level = y - slope * x
    return bool(np.quantile(np.abs(level - np.median(level)), RULE_SHARE) < MAX_RULE_DEVIATION_PX)


def _signal_span(
    runs: InkRuns, paths: list[TracePath], pulse: CalibrationPulse | None
) -> tuple[float, float]:
    """First and last column of signal, the median over all rows."""
    spans = np.array([_row_span(runs.column[p.runs], pulse) for p in paths], dtype=float)
    return float(np.median(spans[:, 0])), float(np.median(spans[:, 1]))


def _without_pulse_edge(centreline: Floats, pulse: CalibrationPulse) -> Floats:
    """A copy in which the falling edge of a pulse in front of the signal is levelled out."""
    edge = slice(max(pulse.right - PULSE_EDGE_PX, 0), pulse.right + PULSE_EDGE_PX)
    level = centreline[min(edge.stop, len(centreline) - 1)]
    levelled = centreline.copy()
    levelled[edge] = np.where(np.isfinite(centreline[edge]), level, np.nan)
    return levelled


def _row_span(columns: Indices, pulse: CalibrationPulse | None) -> tuple[int, int]:
    """First and last column of a row's signal: up to the gap beside the pulse's foot."""
    first, last = int(columns[0]), int(columns[-1])
    if pulse is None:
        return first, last
    gaps = np.flatnonzero(np.diff(columns) > MIN_PULSE_GAP_PX)
    foot = MAX_PULSE_FOOT_PX
    if pulse.left - first < last - pulse.right:
        after = [int(columns[g + 1]) for g in gaps if -4 <= columns[g] - pulse.right < foot]
        return (after[0] if after else min(pulse.right + PX_PER_MM, last)), last
    before = [int(columns[g]) for g in gaps if -4 <= pulse.left - columns[g + 1] < foot]
    return first, (before[-1] if before else max(pulse.left - PX_PER_MM, first))
