"""Shared ink: complexes of neighbouring rows that run into one another are taken apart."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns
from heartsense.digitizer.trace_extraction.joint_curves import (
    SharedInk,
    fit_curves,
    steep_strokes,
)
from heartsense.digitizer.trace_extraction.path_following import (
    MAX_LEVEL_PENS,
    TracePath,
    pen_width,
)
from heartsense.numeric import Floats, Indices, concatenated_ranges

MAX_COLUMN_STEP: Final = 4
"""Shared columns up to this far apart are one place."""

MAX_PLACE_PX: Final = 12 * PX_PER_MM
"""Complexes that meet are narrower: 0.48 s at 25 mm/s."""

MAX_WORK: Final = 6_000_000
"""Half columns times pixels of height, over all rows and places of a page: about a second. A page
of 12 rows with tall complexes in three of them has 2 to 4 million."""

MARGIN_PX: Final = (3, 12)
"""Columns beside a place within which its rows are apart again."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Columns in which runs are shared, and the rows that share them.

    Attributes
    ----------
    rows : int64 array, shape (rows,)
    first, last : int
        First and last column with shared runs.
    begin, end : int
        First and last column that is looked at.
    top, height : int
        First pixel of the rows' ink on the page, and its pixels.
    """

    rows: Indices
    first: int
    last: int
    begin: int
    end: int
    top: int
    height: int

    @property
    def shape(self) -> tuple[int, int]:
        """Columns and pixels of height."""
        return self.end - self.begin + 1, self.height

    @property
    def work(self) -> int:
        """How much there is to search."""
        return 2 * self.shape[0] * self.height * len(self.rows)


@dataclass(frozen=True, slots=True)
class _Claims:
    """Which run each row's path takes in each column.

    Attributes
    ----------
    runs : InkRuns
    pen : float
        Width of the pen in pixels.
    taken : int64 array, shape (rows, columns)
        -1 where a path has no run.
    count : int64 array, shape (runs,)
        How many paths take a run.
    baseline : float64 array, shape (rows,)
    """

    runs: InkRuns
    pen: float
    taken: Indices
    count: Indices
    baseline: Floats

    @classmethod
    def of(cls, runs: InkRuns, paths: list[TracePath]) -> "_Claims":
        taken = np.full((len(paths), runs.columns), -1)
        for row, path in enumerate(paths):
            taken[row, runs.column[path.runs]] = path.runs
        every = np.concatenate([path.runs for path in paths])
        count = np.bincount(every, minlength=len(runs.column))
        baseline = np.array([path.baseline for path in paths])
        return cls(runs, pen_width(runs, paths), taken, count, baseline)

    def are_apart(self, rows: Indices, column: int) -> bool:
        """Whether the rows have runs of their own in a column."""
        here = self.taken[rows, column]
        return bool((here >= 0).all()) and len(np.unique(here)) == len(here)

    def are_level(self, rows: Indices, column: int) -> bool:
        """Whether their runs are as tall as the pen is wide, or little more."""
        return bool((self.runs.height[self.taken[rows, column]] < MAX_LEVEL_PENS * self.pen).all())


def split_shared_ink(
    runs: InkRuns, paths: list[TracePath]
) -> tuple[InkRuns, list[TracePath], Floats]:
    """Give each row its part of the ink where complexes of rows run into one another.

    Parameters
    ----------
    runs : InkRuns
    paths : list of TracePath
        Paths of several rows may have runs in common.

    Returns
    -------
    InkRuns
        With a run for each row where one was shared; they may overlap.
    list of TracePath
        The same paths through these runs. Where rows share ink for longer than complexes do, or
        are apart on one side only, they still have runs in common.
    float64 array, shape (columns,)
        Pixels of strokes in shared ink that no curve explains: part of it is wrong. Those of a
        place stand at its first column.
    """
    missed = np.zeros(runs.columns)
    claims = _Claims.of(runs, paths)
    if not (claims.count > 1).any():
        return runs, paths, missed
    searched, work = [], 0
    for place in _places(claims):
        work += place.work
        if work > MAX_WORK:
            missed[place.first] += place.height
        else:
            searched.append(place)
    if not searched:
        return runs, paths, missed
    parts = []
    fits = fit_curves([_ink_of(claims, place) for place in searched])
    for place, fit in zip(searched, fits, strict=True):
        missed[place.first] += fit.missed
        parts.append(_parts(claims, place, fit.curves))
    return (*_with_parts(claims, paths, np.concatenate(parts)), missed)


def _places(claims: _Claims) -> list[_Place]:
    """The places at which rows share runs."""
    columns = np.unique(claims.runs.column[claims.count > 1])
    cuts = np.flatnonzero(np.diff(columns) > MAX_COLUMN_STEP) + 1
    places = []
    for group in np.split(columns, cuts):
        first, last = int(group[0]), int(group[-1])
        if last - first > MAX_PLACE_PX:
            continue
        for rows in _rows_that_share(claims, group):
            if not _meet(claims, rows, group):
                continue
            begin, end = _beside(claims, rows, first, -1), _beside(claims, rows, last, 1)
            if begin is not None and end is not None:
                top, height = _extent(claims, rows, begin, end)
                places.append(_Place(rows, first, last, begin, end, top, height))
    return places


def _meet(claims: _Claims, rows: Indices, columns: Indices) -> bool:
    """Whether complexes of the rows meet there: level ink is a trace that one of them has lost."""
    runs = np.unique(claims.taken[np.ix_(rows, columns)])
    shared = runs[(runs >= 0) & (claims.count[runs] > 1)]
    return bool(np.median(claims.runs.height[shared]) >= MAX_LEVEL_PENS * claims.pen)


def _rows_that_share(claims: _Claims, columns: Indices) -> list[Indices]:
    """Groups of rows that are connected by shared runs in some columns."""
    groups: list[set[int]] = []
    for here in claims.taken[:, columns].T:
        for run in np.unique(here[here >= 0]):
            rows = set(np.flatnonzero(here == run).tolist())
            if len(rows) > 1:
                joined = [group for group in groups if group & rows]
                groups = [group for group in groups if not group & rows] + [rows.union(*joined)]
    return [np.array(sorted(group)) for group in groups]


def _beside(claims: _Claims, rows: Indices, edge: int, side: int) -> int | None:
    """The nearest column beside an edge in which the rows are apart and level.

    Else the farthest one in which they are apart; None if there is none: the line at a page's edge
    connects all rows, but they do not go on beyond it.
    """
    nearest, farthest = MARGIN_PX
    apart = None
    for step in range(nearest, farthest + 1):
        column = edge + side * step
        if not 0 <= column < claims.runs.columns:
            break
        if claims.are_apart(rows, column):
            apart = column
            if claims.are_level(rows, column):
                break
    return apart


def _extent(claims: _Claims, rows: Indices, begin: int, end: int) -> tuple[int, int]:
    """First pixel and number of pixels of the rows' ink, and a margin of two, in some columns."""
    taken = claims.taken[rows, begin : end + 1]
    shown = taken[taken >= 0]
    top = int(claims.runs.top[shown].min()) - 2
    return top, int(claims.runs.bottom[shown].max()) + 3 - top


def _ink_of(claims: _Claims, place: _Place) -> SharedInk:
    """The ink of a place."""
    runs = claims.runs
    taken = claims.taken[place.rows, place.begin : place.end + 1]
    every = np.arange(runs.first[place.begin], runs.first[place.end + 1])
    own = [row[row >= 0] for row in taken]
    unshared = [row[claims.count[row] == 1] for row in own]
    alone = np.stack([_painted(runs, row, place) for row in unshared])
    is_alone = alone.any(axis=2, keepdims=True)
    ink = np.where(is_alone, alone, _painted(runs, every, place))
    allowed = np.repeat(ink, 2, axis=1)[:, :-1]
    allowed[:, 1::2] |= ink[:, 1:]
    ends = alone[:, [0, -1]]
    ends |= ~ends.any(axis=2, keepdims=True)
    claimed = _painted(runs, np.unique(np.concatenate(own)), place)
    levels = [
        np.median(runs.centre[row]) if len(row) else claims.baseline[at]
        for at, row in zip(place.rows, unshared, strict=True)
    ]
    return SharedInk(
        allowed, steep_strokes(claimed, claims.pen), ends, np.array(levels) - place.top
    )


def _painted(runs: InkRuns, chosen: Indices, place: _Place) -> NDArray[np.bool_]:
    """The pixels of runs, shape (columns, height); what lies above or below is left out."""
    first = np.clip(np.round(runs.top[chosen] - place.top), 0, place.height).astype(np.int64)
    last = np.clip(np.round(runs.bottom[chosen] - place.top), -1, place.height - 1)
    counts = np.maximum(last.astype(np.int64) - first + 1, 0)
    inked = np.zeros(place.shape, dtype=bool)
    y = np.repeat(first, counts) + concatenated_ranges(counts)
    inked[np.repeat(runs.column[chosen] - place.begin, counts), y] = True
    return inked


def _parts(claims: _Claims, place: _Place, curves: Indices) -> Floats:
    """Row, column, top and bottom of each row's part of the runs it shares, shape (n, 4).

    A curve covers in a column what it passes within half a pen's width. The part is empty, its
    top below its bottom, where the curve is not in the run at all.
    """
    row, column = np.nonzero(claims.taken[place.rows, place.first : place.last + 1] >= 0)
    column += place.first
    run = claims.taken[place.rows[row], column]
    is_shared = claims.count[run] > 1
    row, column, run = row[is_shared], column[is_shared], run[is_shared]
    reach = max(round(claims.pen), 1)
    # Column x is half column 2 x, before and behind which a curve's heights are known.
    half_columns = 2 * (column - place.begin)[:, None] + np.arange(-reach, reach + 2)
    heights = curves[row[:, None], np.clip(half_columns, 0, curves.shape[1] - 1)] + place.top
    low, high = heights.min(axis=1), heights.max(axis=1)
    flat = np.maximum(claims.pen - (high - low), 0) / 2
    low = np.maximum(low - flat, claims.runs.top[run])
    high = np.minimum(high + flat, claims.runs.bottom[run])
    return np.column_stack([place.rows[row], column, low, high])


def _with_parts(
    claims: _Claims, paths: list[TracePath], parts: Floats
) -> tuple[InkRuns, list[TracePath]]:
    """The runs with each row's parts in place of those that were shared, and the paths."""
    runs, count = claims.runs, len(claims.runs.column)
    row, part_column = parts[:, :2].astype(np.int64).T
    column = np.concatenate([runs.column, part_column])
    top, bottom = (
        np.concatenate([old, new])
        for old, new in ((runs.top, parts[:, 2]), (runs.bottom, parts[:, 3]))
    )
    is_kept = np.concatenate([np.ones(count, dtype=bool), parts[:, 3] > parts[:, 2]])
    is_kept[claims.taken[row, part_column]] = False
    taken = claims.taken.copy()
    taken[row, part_column] = np.where(is_kept[count:], count + np.arange(len(parts)), -1)
    order = np.lexsort((top, column))
    order = order[is_kept[order]]
    index = np.zeros(len(column), dtype=np.int64)
    index[order] = np.arange(len(order))
    first = np.concatenate([[0], np.cumsum(np.bincount(column[order], minlength=runs.columns))])
    return InkRuns(column[order], top[order], bottom[order], first), [
        replace(path, runs=index[row_runs[row_runs >= 0]])
        for path, row_runs in zip(paths, taken, strict=True)
    ]
