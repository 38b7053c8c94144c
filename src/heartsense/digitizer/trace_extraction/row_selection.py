"""Which of the paths that were followed are rows of trace, and not text, rules or other rows."""

from typing import Final

import numpy as np

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns
from heartsense.digitizer.trace_extraction.path_following import TracePath
from heartsense.numeric import Floats

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
"""Share of a straight line that deviates so little at most. Flat leads still have waves, noise."""

MIN_ROWS_BESIDE_RULES: Final = 3


def is_trace(runs: InkRuns, path: TracePath) -> bool:
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


def without_duplicates(runs: InkRuns, paths: list[TracePath]) -> list[TracePath]:
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
