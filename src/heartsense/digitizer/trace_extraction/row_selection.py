"""Which of the paths that were followed are rows of trace, and not text, rules or other rows."""

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

MIN_RELATIVE_LENGTH: Final = 0.6
"""Length of a row, relative to the median of all rows."""

RULE_SHARE: Final = 0.9
MAX_RULE_DEVIATION_PX: Final = 0.15 * PX_PER_MM
"""Share of a straight line that deviates so little at most. Flat leads still have waves, noise."""

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
    own = _own_runs(runs, paths)
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
    own = [p.runs[np.abs(runs.centre[p.runs] - p.baseline) <= nearest[p.runs]] for p in paths]
    return [chosen if len(chosen) else p.runs for chosen, p in zip(own, paths, strict=True)]


def without_duplicates(runs: InkRuns, paths: list[TracePath]) -> list[TracePath]:
    """Remove paths that mostly follow another row's trace.

    That ink is closer to the baseline of the row it belongs to.
    """
    return [p for p in paths if not any(_duplicates(runs, p, other) for other in paths)]


def _duplicates(runs: InkRuns, path: TracePath, other: TracePath) -> bool:
    shared = np.intersect1d(path.runs, other.runs, assume_unique=True)
    if path is other or len(shared) < MAX_SHARED_RUNS * len(path.runs):
        return False
    centre = runs.centre[shared]
    distance = [float(np.abs(centre - p.baseline).mean()) for p in (path, other)]
    return (distance[0], path.baseline) > (distance[1], other.baseline)


def of_similar_length(runs: InkRuns, paths: list[TracePath]) -> list[TracePath]:
    """Remove short rows: all rows of a page have one length, rules and footers do not."""
    if len(paths) < 3:
        return paths
    lengths = np.array([np.ptp(runs.column[p.runs]) for p in paths])
    limit = MIN_RELATIVE_LENGTH * np.median(lengths)
    return [p for p, length in zip(paths, lengths, strict=True) if length > limit]


def without_rules(rows: list[tuple[TracePath, Floats]]) -> list[tuple[TracePath, Floats]]:
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
