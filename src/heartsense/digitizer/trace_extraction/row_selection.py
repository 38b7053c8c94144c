"""Which of the paths that were followed are rows of trace, and not text, rules or other rows."""

from dataclasses import replace
from typing import Final

import numpy as np

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns
from heartsense.digitizer.trace_extraction.path_following import TracePath
from heartsense.numeric import Floats, Indices

MIN_LENGTH_PX: Final = 12.0 * PX_PER_MM
MIN_INKED_COLUMNS: Final = 0.75
"""Share of a path's columns that hold ink."""

MAX_BREAKS_PER_MM: Final = 0.35
"""More breaks are text or texture: letters break every 1 to 2 mm."""

MIN_BROKEN_INKED_COLUMNS: Final = 0.65
MAX_BROKEN_BREAKS_PER_MM: Final = 0.6
"""The same of rows that are broken, as by a worn print or a scanner in black and white."""

MIN_AGREEING_ROWS: Final = 3
MAX_END_DISTANCE_PX: Final = 3.0 * PX_PER_MM
"""How many broken rows must begin and end so near to each other: lines of text do not."""

MAX_SHARED_RUNS: Final = 0.25
"""Share of a path's runs that may belong to another row."""

MIN_OWN_INK: Final = 0.45
MIN_OWN_INK_OF_QUARTER: Final = 0.25
"""Share of its columns in which a row has ink of its own that loses the others to another row: of
the whole row, and of each quarter. In the gaps of a worn trace the path goes on along the next row;
that of a line of text is its own at the letters only."""

MIN_RELATIVE_LENGTH: Final = 0.6
"""Length of a row, relative to the median of all rows."""

RULE_SHARE: Final = 0.9
MAX_RULE_DEVIATION_PX: Final = 0.15 * PX_PER_MM
"""Share of a straight line that deviates so little at most. Flat leads still have waves, noise."""

FRAME_SHARE: Final = 0.5
MIN_FRAME_EXCESS_PX: Final = 1.0 * PX_PER_MM
"""The same of a printed frame, and how much farther than most rows it goes on both sides. The
flattest row that was seen has a median deviation of 1.4 pixels, frames have 0.2 to 0.5."""

MIN_ROWS_BESIDE_RULES: Final = 3


def traces_of(runs: InkRuns, paths: list[TracePath]) -> list[TracePath]:
    """The paths that are traces; where hardly any is, broken ones that begin and end together."""
    traces = [path for path in paths if _is_trace(runs, path)]
    if len(traces) >= MIN_AGREEING_ROWS:
        return traces
    broken = [
        path
        for path in paths
        if _is_trace(runs, path, MIN_BROKEN_INKED_COLUMNS, MAX_BROKEN_BREAKS_PER_MM)
    ]
    agreeing = _beginning_and_ending_together(runs, broken)
    return agreeing if len(agreeing) >= MIN_AGREEING_ROWS else traces


def _is_trace(
    runs: InkRuns,
    path: TracePath,
    min_inked: float = MIN_INKED_COLUMNS,
    max_breaks_per_mm: float = MAX_BREAKS_PER_MM,
) -> bool:
    """A trace is long and has few breaks; a line of text breaks at every letter."""
    columns = runs.column[path.runs]
    if not len(columns):
        return False
    length = float(columns[-1] - columns[0] + 1)
    return (
        length >= MIN_LENGTH_PX
        and len(columns) >= min_inked * length
        and path.breaks <= max(3.0, max_breaks_per_mm * length / PX_PER_MM)
    )


def _beginning_and_ending_together(runs: InkRuns, paths: list[TracePath]) -> list[TracePath]:
    """The most paths of which each begins and ends near one of them."""
    own = [
        chosen if len(chosen) else path.runs
        for chosen, path in zip(_own_runs(runs, paths), paths, strict=True)
    ]
    ends = np.array([runs.column[chosen[[0, -1]]] for chosen in own]).reshape(-1, 2)
    near = (np.abs(ends[:, None] - ends) <= MAX_END_DISTANCE_PX).all(axis=2)
    if not len(near):
        return []
    group = near[np.argmax(near.sum(axis=1))]
    return [path for path, is_near in zip(paths, group, strict=True) if is_near]


def _own_runs(runs: InkRuns, paths: list[TracePath]) -> list[Indices]:
    """Each path's runs without those that are nearer to the row of another path with them.

    From a line of text the cheapest path continues along the nearest trace.
    """
    nearest = np.full(len(runs.column), np.inf)
    for path in paths:
        distance = np.abs(runs.centre[path.runs] - path.baseline)
        nearest[path.runs] = np.minimum(nearest[path.runs], distance)
    return [p.runs[np.abs(runs.centre[p.runs] - p.baseline) <= nearest[p.runs]] for p in paths]


def without_duplicates(runs: InkRuns, paths: list[TracePath]) -> list[TracePath]:
    """Remove paths that mostly follow another row's trace.

    That ink is closer to the baseline of the row it belongs to. Beside other rows, a path that has
    enough ink of its own from where they begin to where they end keeps that alone.
    """
    is_double = [any(_duplicates(runs, path, other) for other in paths) for path in paths]
    others = [path for path, double in zip(paths, is_double, strict=True) if not double]
    if len(others) < MIN_AGREEING_ROWS:
        return others
    ends = np.median([runs.column[path.runs[[0, -1]]] for path in others], axis=0)
    kept = []
    for path, own, double in zip(paths, _own_runs(runs, paths), is_double, strict=True):
        if not double:
            kept.append(path)
        elif _goes_all_along(runs.column[own], *ends):
            kept.append(replace(path, runs=own))
    return kept


def _duplicates(runs: InkRuns, path: TracePath, other: TracePath) -> bool:
    shared = np.intersect1d(path.runs, other.runs, assume_unique=True)
    if path is other or len(shared) < MAX_SHARED_RUNS * len(path.runs):
        return False
    centre = runs.centre[shared]
    distance = [float(np.abs(centre - p.baseline).mean()) for p in (path, other)]
    return (distance[0], path.baseline) > (distance[1], other.baseline)


def _goes_all_along(columns: Indices, first: float, last: float) -> bool:
    """Whether there is ink in enough of the columns between two, in each quarter of them."""
    quarters, borders = np.histogram(columns, bins=4, range=(first, last + 1))
    shares = quarters / np.diff(borders)
    return bool(shares.mean() >= MIN_OWN_INK and shares.min() >= MIN_OWN_INK_OF_QUARTER)


def of_similar_length(runs: InkRuns, paths: list[TracePath]) -> list[TracePath]:
    """Remove short rows: all rows of a page have one length, rules and footers do not."""
    if len(paths) < 3:
        return paths
    lengths = np.array([np.ptp(runs.column[p.runs]) for p in paths])
    limit = MIN_RELATIVE_LENGTH * np.median(lengths)
    return [p for p, length in zip(paths, lengths, strict=True) if length > limit]


def without_rules(rows: list[tuple[TracePath, Floats]]) -> list[tuple[TracePath, Floats]]:
    """Paths and centrelines of the rows that are no straight lines, such as a grid's frame."""
    frames = _frames([line for _, line in rows])
    bent = [row for at, row in enumerate(rows) if at not in frames and not _is_straight(row[1])]
    return bent if len(bent) >= MIN_ROWS_BESIDE_RULES else rows


def _frames(lines: list[Floats]) -> set[int]:
    """Which of the outermost rows are the edges of a printed frame.

    Text beside it, and a worn print, let it deviate here and there. But it begins before the other
    rows and ends behind them.
    """
    if len(lines) <= MIN_ROWS_BESIDE_RULES:
        return set()
    ends = np.array([_ends(line) for line in lines])
    start, end = np.median(ends, axis=0)
    longer = (ends[:, 0] < start - MIN_FRAME_EXCESS_PX) & (ends[:, 1] > end + MIN_FRAME_EXCESS_PX)
    outermost = (0, len(lines) - 1)
    return {at for at in outermost if longer[at] and _is_straight(lines[at], FRAME_SHARE)}


def _ends(line: Floats) -> tuple[int, int]:
    """First and last column that is shown; none where nothing is."""
    shown = np.flatnonzero(np.isfinite(line))
    return (int(shown[0]), int(shown[-1])) if len(shown) else (len(line), 0)


def _is_straight(line: Floats, share: float = RULE_SHARE) -> bool:
    x = np.flatnonzero(np.isfinite(line))
    if not len(x):
        return False
    y = line[x]
    third = len(x) // 3
    first, last = (np.median(part) for part in (y[:third], y[-third:]))
    slope = (last - first) / max(float(np.median(x[-third:]) - np.median(x[:third])), 1.0)
    level = y - slope * x
    return bool(np.quantile(np.abs(level - np.median(level)), share) < MAX_RULE_DEVIATION_PX)
