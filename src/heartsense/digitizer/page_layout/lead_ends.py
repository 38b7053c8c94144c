"""The ends of leads: where one lead of a row gives way to the next, each is read from its own side.

A path follows a row across the border between two leads, where the ink of one ends and that of the
other begins at another height, often within a QRS complex, and a line or tick may hide both. So
where a path breaks near a border, the ink is followed anew from within each lead. What a line
hides is extrapolated; in a rhythm strip, which goes on behind the line, it is interpolated.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.centreline import trace_centreline
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns
from heartsense.digitizer.trace_extraction.path_following import (
    TOUCHING_PX,
    TracePath,
    path_breaks,
)
from heartsense.numeric import Floats, Indices, true_runs

NEAR_PX: Final = PX_PER_MM
"""Distance from a border within which the ink is followed anew."""

CONTEXT_PX: Final = 20 * PX_PER_MM
"""Of a lead, from which the width of the pen and the level of the lead are known."""

MIN_LEAD_PX: Final = 4 * NEAR_PX
"""Shorter leads are left as they are."""

MAX_GAP_PX: Final = 1.0 * PX_PER_MM
"""Between two runs of the path that are still taken for one stroke."""

MIN_STROKE_PX, MAX_STROKE_WIDTH_PX = 2 * PX_PER_MM, 7
"""Height and width of an upright stroke at a border; a complex is wider."""

MAX_STROKE_DISTANCE_PX: Final = PX_PER_MM
"""Of such a stroke from the border."""

BESIDE_PX, MAX_LEVEL_PX = 3, PX_PER_MM
"""Columns on each side of it, and the height of the level trace in them."""

MAX_HIDDEN_PX: Final = PX_PER_MM
"""Width of a line across a rhythm strip up to which a wave can be guessed from both sides."""

SLOPE_WEIGHTS: Final = np.array([0.68, 0.9, 0.8, 0.5, 0.2, 0.0, -0.15, -0.2])
LEVEL_WEIGHTS: Final = np.array([0.14, 0.33, 0.5, 0.65, 0.73, 0.78, 0.8, 0.8])
"""How far a lead goes on along its last slope, and returns to its level, so many columns (of 5 ms)
after the last one that is seen: least squares over the steep samples of 60 records of PTB-XL."""


@dataclass(frozen=True, slots=True)
class RowInk:
    """The ink of one row, and what hides it.

    Attributes
    ----------
    runs : InkRuns
    path : TracePath
    hidden : bool array, shape (columns,)
        Columns of lines and ticks, in which no ink of the trace is seen.
    max_gap_px : int
        Of the centreline; see ``trace_centreline``.
    """

    runs: InkRuns
    path: TracePath
    hidden: NDArray[np.bool_]
    max_gap_px: int

    def breaks_near(self, border: int) -> bool:
        """Whether the path has a gap or a jump near a column."""
        near = self.path.runs[np.abs(self.runs.column[self.path.runs] - border) <= NEAR_PX]
        spans_it = len(near) > 1 and np.ptp(self.runs.column[near]) >= 2 * NEAR_PX
        return not spans_it or bool(path_breaks(self.runs, near).any())

    def without_stroke_at(self, border: int) -> "RowInk":
        """The same, with a narrow upright stroke near a border among what hides the trace.

        The trace is level on both sides of a tick, or of a line that joins two leads; a complex is
        wider.
        """
        column = self.runs.column[self.path.runs]
        height = self.runs.height[self.path.runs]
        near = np.abs(column - border) <= MAX_STROKE_DISTANCE_PX + MAX_STROKE_WIDTH_PX
        tall = column[near & (height > MIN_STROKE_PX)]
        if not len(tall) or np.abs(tall - border).min() > MAX_STROKE_DISTANCE_PX:
            return self
        first, last = int(tall[0]), int(tall[-1])
        before = height[(column >= first - BESIDE_PX) & (column < first)]
        after = height[(column > last) & (column <= last + BESIDE_PX)]
        is_level = all(0.0 < side.max(initial=0.0) < MAX_LEVEL_PX for side in (before, after))
        if last - first >= MAX_STROKE_WIDTH_PX or not is_level:
            return self
        hidden = self.hidden.copy()
        hidden[first : last + 1] = True
        return replace(self, hidden=hidden)

    def read_up_to(self, border: int, step: int) -> Floats:
        """Heights of a lead up to a column, read from within.

        Parameters
        ----------
        border : int
            Outermost column of the lead.
        step : int
            1 towards the end of a lead, -1 towards its beginning.

        Returns
        -------
        float64 array, shape (n,)
            Of the last n columns up to the border, which is the last of them. Empty where no ink
            is near.
        """
        inner = border - step * NEAR_PX
        while 0 <= inner < self.runs.columns and self.hidden[inner]:
            inner -= step
        before = (self.runs.column[self.path.runs] - inner) * step
        chosen = self.path.runs[(before <= 0) & (before > -CONTEXT_PX)][::step]
        if not len(chosen) or abs(int(self.runs.column[chosen[-1]]) - inner) > NEAR_PX:
            return np.zeros(0)
        chosen = np.concatenate([chosen, self._followed(int(chosen[-1]), border, step)])
        line = self._centreline(chosen[::step])[::step]
        missing = abs(border - int(self.runs.column[chosen[-1]]))
        line = np.concatenate([line, _extrapolated(line, missing)])
        return line[-(abs(border - inner) + 1) :]

    def _followed(self, last: int, border: int, step: int) -> Indices:
        """Runs that follow on a run towards a border, each touching the one before it.

        Those of the path are preferred, and may be a little apart.
        """
        own = set(self.path.runs.tolist())
        found: list[int] = []
        for column in range(int(self.runs.column[last]) + step, border + step, step):
            if not 0 <= column < self.runs.columns or self.hidden[column]:
                break
            near = range(int(self.runs.first[column]), int(self.runs.first[column + 1]))
            if not near:
                continue
            apart = {run: self._distance(last, run) for run in near}
            next_runs = [run for run in near if apart[run] <= TOUCHING_PX]
            next_runs = next_runs or [r for r in near if r in own and apart[r] <= MAX_GAP_PX]
            if not next_runs:
                break
            last = min(next_runs, key=lambda run: (run not in own, apart[run]))
            found.append(last)
        return np.array(found, dtype=np.int64)

    def _distance(self, one: int, other: int) -> float:
        """Between two runs, in pixels; less than 0 where they overlap."""
        runs = self.runs
        return float(
            max(runs.top[one], runs.top[other]) - min(runs.bottom[one], runs.bottom[other])
        )

    def _centreline(self, chosen: Indices) -> Floats:
        """Of some runs alone, ordered by column: from the first one's column to the last one's."""
        runs = self.runs
        column = runs.column[chosen] - int(runs.column[chosen[0]])
        first = np.searchsorted(column, np.arange(int(column[-1]) + 2))
        alone = InkRuns(column, runs.top[chosen], runs.bottom[chosen], first)
        path = TracePath(self.path.baseline, np.arange(len(chosen)), 0)
        return trace_centreline(alone, path, self.max_gap_px)


def with_own_ends(row: RowInk, y: Floats, left: int, *borders: bool) -> Floats:
    """A lead whose ends are read anew where its path breaks at a border to another lead.

    Parameters
    ----------
    row : RowInk
    y : float64 array, shape (n,)
        Heights of the lead.
    left : int
        Its first column.
    borders : bool
        Whether another lead stands to the left, and to the right.
    """
    lead = y.copy()
    if len(lead) < MIN_LEAD_PX:
        return lead
    for is_border, border, step in zip(borders, (left, left + len(y) - 1), (-1, 1), strict=True):
        if not is_border:
            continue
        ink = row.without_stroke_at(border)
        if ink is not row or row.breaks_near(border):
            line = ink.read_up_to(border, step)[-len(lead) :]
            end = lead[::-1] if step > 0 else lead
            end[: len(line)] = line[::-1]
    return lead


def bridged_lines(row: RowInk, centreline: Floats) -> Floats:
    """The centreline of a rhythm strip, led smoothly across the lines that hide it.

    It is read up to a line from either side; between them it is the cubic with the slopes of both
    (Hermite), which follows a wave whose tip a line hides better than a straight line.
    """
    bridged = centreline.copy()
    for first, stop in _lines(row.hidden):
        if stop - first > MAX_HIDDEN_PX or not 0 < first < stop < len(centreline):
            continue
        before, after = row.read_up_to(first - 1, 1), row.read_up_to(stop, -1)[::-1]
        ends = [*before[-2:], *after[:2]]
        if len(ends) < 4 or not np.isfinite(ends).all():
            continue
        bridged[first - len(before) : first] = before
        bridged[stop : stop + len(after)] = after
        bridged[first:stop] = _hermite(before[-2:], after[:2], stop - first)
    return bridged


def _lines(hidden: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First column of each line and the one after its last; what is near is one line."""
    lines: list[tuple[int, int]] = []
    for first, stop in true_runs(hidden).tolist():
        if lines and first - lines[-1][1] <= NEAR_PX:
            lines[-1] = lines[-1][0], stop
        else:
            lines.append((first, stop))
    return lines


def _hermite(before: Floats, after: Floats, count: int) -> Floats:
    """``count`` heights between two pairs of neighbouring ones."""
    width = count + 1
    at = np.arange(1, width) / width
    slopes = (before[1] - before[0]) * width, (after[1] - after[0]) * width
    return np.asarray(
        (2 * at**3 - 3 * at**2 + 1) * before[1]
        + (at**3 - 2 * at**2 + at) * slopes[0]
        + (3 * at**2 - 2 * at**3) * after[0]
        + (at**3 - at**2) * slopes[1]
    )


def _extrapolated(line: Floats, count: int) -> Floats:
    """Heights that are expected behind the end of a line."""
    slope = line[-1] - line[-2] if len(line) > 1 and np.isfinite(line[-2]) else 0.0
    to_level = float(np.nanmedian(line)) - line[-1]
    at = np.minimum(np.arange(count), len(SLOPE_WEIGHTS) - 1)
    return np.asarray(line[-1] + SLOPE_WEIGHTS[at] * slope + LEVEL_WEIGHTS[at] * to_level)
