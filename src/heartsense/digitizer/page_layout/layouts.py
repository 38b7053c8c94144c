"""Which lead is drawn where: rows and columns of the page, and their names."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.ecg import LEADS, STRIP
from heartsense.numeric import true_runs

Floats = NDArray[np.float64]

LIMB: Final = LEADS[:6]
CHEST: Final = LEADS[6:]

COLUMN_SECONDS: Final = {4: 2.5, 2: 5.0, 1: 10.0}
"""Seconds that a column shows on a standard page, by the number of columns."""

MIN_GAP: Final = 0.5 * PX_PER_MM
"""Columns are drawn apart when at least this much blank lies between them in every row."""

NEAR_EDGE: Final = 0.04
"""Evidence that one pixel between the outer borders and the first and last signal outweighs."""

BEAT_SECONDS: Final = 1.4
"""A single strip shorter than this is called a beat: it can hold no second R peak to time."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The leads of a page, row by row.

    ``names[r][c]`` is the lead of row r, column c; a rhythm strip is a row of one name, ``None``
    until its waveform has told which lead it repeats.
    """

    name: str
    names: tuple[tuple[str | None, ...], ...]

    @property
    def columns(self) -> int:
        return max(len(row) for row in self.names)

    @property
    def rhythm_rows(self) -> tuple[int, ...]:
        return tuple(r for r, row in enumerate(self.names) if row == (None,))


def _three_by_four(rhythm: int) -> Layout:
    rows = [(LIMB[r], LIMB[3 + r], CHEST[r], CHEST[3 + r]) for r in range(3)]
    name = f"3x4+{rhythm}" if rhythm else "3x4"
    return Layout(name, (*rows, *((None,) for _ in range(rhythm))))


def _six_by_two(rhythm: int) -> Layout:
    rows = [(LIMB[r], CHEST[r]) for r in range(6)]
    name = f"6x2+{rhythm}" if rhythm else "6x2"
    return Layout(name, (*rows, *((None,) for _ in range(rhythm))))


def candidates(rows: int) -> list[Layout]:
    """Layouts with this many rows of trace, the commonest first."""
    by_rows = {
        1: [Layout("strip", ((STRIP,),))],
        3: [_three_by_four(0)],
        4: [_three_by_four(1)],
        5: [_three_by_four(2)],
        6: [_three_by_four(3), _six_by_two(0)],
        7: [_six_by_two(1)],
        12: [Layout("12x1", tuple((lead,) for lead in LEADS))],
    }
    return by_rows.get(rows, [])


def columns_apart(
    inked: NDArray[np.bool_], start: float, end: float, columns: int
) -> Floats | None:
    """Columns that are divided by blank gaps: their first and last sheet column, or None.

    Parameters
    ----------
    inked : bool array, shape (width,)
        Where any row has trace.

    Returns
    -------
    float64 array, shape (columns, 2), or None
        None unless there are gaps, evenly spaced, just where the columns should meet.
    """
    first, last = int(start), int(end)
    blank = ~inked[first : last + 1]
    left, right = true_runs(blank).T + first
    wide = (right - left >= MIN_GAP) & (left > first) & (right <= last)
    if wide.sum() < columns - 1 or columns == 1:
        return None
    widest = np.sort(np.argsort(-(right - left) * wide, kind="stable")[: columns - 1])
    spans = np.column_stack([[start, *right[widest]], [*left[widest], end + 1]]).astype(float)
    widths = np.diff(spans, axis=1)[:, 0]
    return spans if np.ptp(widths) < 0.06 * widths.mean() else None


def column_spans(
    evidence: Floats, start: float, end: float, columns: int, *, exact: bool
) -> Floats:
    """First and last sheet column of each column of leads, shape (columns, 2).

    A page that shows all of its traces is divided evenly. One that is cropped is not: there the
    columns keep their standard width and are laid where most speaks for a border.

    Parameters
    ----------
    evidence : float64 array, shape (width,)
        How much speaks for a border between two columns at each sheet column.
    start, end : float
        First and last column of signal.
    exact : bool
        Whether the page's millimetres are known, so that a standard width means something.
    """
    edges = _edges(evidence, start, end, columns, exact=exact)
    spans = np.column_stack([edges[:-1], edges[1:]])
    return np.clip(spans, None, end + 1)


def _edges(evidence: Floats, start: float, end: float, columns: int, *, exact: bool) -> Floats:
    whole = np.linspace(start, end + 1, columns + 1)
    if columns == 1:
        return whole
    standard = COLUMN_SECONDS[columns] * 25.0 * PX_PER_MM
    width = (end - start) / columns
    off = min(abs(width / (standard * speed) - 1) for speed in (1.0, 2.0))
    if not exact or off < 0.05:
        return _laid(evidence, start, end, columns, width, reach=3.0 * PX_PER_MM)
    if width < standard:
        return _laid(evidence, start, end, columns, standard, reach=None)
    return whole


def _laid(
    evidence: Floats, start: float, end: float, columns: int, width: float, reach: float | None
) -> Floats:
    """Lay columns of nearly ``width`` so that most evidence falls on their borders.

    Columns may begin before the first signal (a page cropped on the left) but signal never lies
    outside of all columns by more than a millimetre.
    """
    slack = 1.0 * PX_PER_MM
    first = start - (reach if reach is not None else 0.9 * width)
    offsets = np.arange(first, start + (reach if reach is not None else slack) + 1)
    best, edges = -np.inf, np.linspace(start, start + columns * width, columns + 1)
    steps = np.arange(columns + 1)
    for stretch in np.linspace(0.98, 1.02, 9):
        laid = offsets[:, None] + steps * width * stretch
        inside = (laid >= 0) & (laid < len(evidence))
        inner = np.clip(laid, 0, len(evidence) - 1).astype(int)
        score = (evidence[inner] * inside).sum(axis=1)
        score -= NEAR_EDGE * (np.abs(laid[:, 0] - start) + np.abs(laid[:, -1] - end))
        score -= 1.0 * np.maximum(end - laid[:, -1] - slack, 0)
        score -= 20.0 * abs(stretch - 1)
        top = int(np.argmax(score))
        if score[top] > best:
            best, edges = float(score[top]), laid[top]
    return np.asarray(edges)
