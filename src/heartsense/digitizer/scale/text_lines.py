"""Lines of text on a sheet, cut into the pieces that characters are made of."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.ink import Map
from heartsense.digitizer.rectified_page import PX_PER_MM, RectifiedPage
from heartsense.digitizer.scale.glyphs import likeness
from heartsense.digitizer.trace_extraction.ink_runs import (
    Runs,
    bounding_boxes,
    find_runs,
    strokes,
)
from heartsense.digitizer.trace_extraction.row_traces import Rows
from heartsense.numeric import concatenated_ranges, connected_components, local_maxima

MIN_HEIGHT, MAX_HEIGHT = 0.7 * PX_PER_MM, 6.0 * PX_PER_MM
MAX_WIDTH: Final = 20.0 * PX_PER_MM
"""ReportEmailBuilder of low resolution touch, so that a stroke may be a whole word."""

MIN_LENGTH: Final = 5.0 * PX_PER_MM
MIN_STROKES: Final = 3
"""A legend's letters may touch, but not all of them."""

MAX_STROKES: Final = 800
"""A page with more small strokes than this is texture, and nothing on it is read."""

MAX_LOOSE: Final = 3
"""Strokes in a line's picture for each that it was found by, above which it is texture too."""

LINE_GAP: Final = 1.8
"""Strokes of a line are at most this many times the smaller one's height apart."""

LEVEL: Final = 0.28
"""Share of a line's full darkness that counts as ink within it."""

CRACK: Final = 2
"""Pixels between strokes of one glyph: thin arches fade, and the stems of an m fall apart."""

THIN: Final = 0.6
"""A stroke is cut where a column has less than this share of its fullest column's ink."""

MAX_CUTS: Final = 11
"""At so many of its thinnest places a stroke may be cut: two touching m have five."""

Ints = NDArray[np.int64]
Boxes = NDArray[np.float64]
"""Left, right, top, bottom of each stroke, shape (n, 4)."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands between two cuts of a stroke: columns ``left`` to ``right`` of its picture."""

    stroke: int
    left: int
    right: int


@dataclass(frozen=True)
class Glyph:
    """Pieces ``first`` to ``last`` (exclusive) of a line, taken for one character.

    ``left``, ``right``, ``top``, ``bottom`` are pixels of the line's picture.
    """

    first: int
    last: int
    left: int
    right: int
    top: int
    bottom: int
    picture: Map

    @cached_property
    def scores(self) -> dict[str, float]:
        """How much it looks like each character; told only when asked, most glyphs never are."""
        return likeness(self.picture)

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


class TextLine:
    """A line of text: its pieces in reading order, and the glyphs that they may form."""

    def __init__(self, picture: Map) -> None:
        """Cut ``picture`` (darkness, 0 to 1 of the line's own ink) into pieces."""
        self._strokes = _strokes_of(picture)
        self.pieces = [
            Piece(k, a, b)
            for k, (left, stroke) in enumerate(self._strokes)
            for a, b in _between_cuts(left, stroke)
        ]
        self._known: dict[tuple[int, int], Glyph | None] = {}
        self.strokes = len(self._strokes)
        self.height = picture.shape[0]

    def glyph(self, first: int, last: int) -> Glyph | None:
        """Pieces ``first`` to ``last`` as one glyph; None if they are too far apart."""
        if (first, last) not in self._known:
            self._known[first, last] = self._made(first, last)
        return self._known[first, last]

    def starting(self, first: int) -> list[Glyph]:
        """The glyphs that begin with a piece."""
        ends = range(first + 1, min(first + MAX_CUTS + 1, len(self.pieces)) + 1)
        return list(_until_none(self.glyph(first, last) for last in ends))

    def ending(self, last: int) -> list[Glyph]:
        """The glyphs whose last piece stands before piece ``last``."""
        begins = range(last - 1, max(last - MAX_CUTS - 1, 0) - 1, -1)
        return list(_until_none(self.glyph(first, last) for first in begins))

    def _made(self, first: int, last: int) -> Glyph | None:
        pieces = self.pieces[first:last]
        a, b = min(p.left for p in pieces), max(p.right for p in pieces)
        gaps = [q.left - p.right for p, q in pairwise(pieces)]
        if b - a > 2 * self.height or max(gaps, default=0) > CRACK:
            return None
        picture = np.zeros((self.height, b - a), dtype=np.float32)
        for p in pieces:
            part = picture[:, p.left - a : p.right - a]
            left, stroke = self._strokes[p.stroke]
            np.maximum(part, stroke[:, p.left - left : p.right - left], out=part)
        inked = np.flatnonzero((picture > LEVEL).any(axis=1))
        if not len(inked):
            return None
        top, bottom = int(inked[0]), int(inked[-1]) + 1
        return Glyph(first, last, a, b, top, bottom, picture[top:bottom])


def _until_none(glyphs: Iterable[Glyph | None]) -> Iterator[Glyph]:
    """Pieces too far apart for a glyph are no nearer with more pieces between them."""
    for glyph in glyphs:
        if glyph is None:
            return
        yield glyph


def text_lines(sheet: RectifiedPage, rows: Rows) -> list[TextLine]:
    """Lines of small strokes, the rows' traces left out."""
    free = np.ones(len(rows.runs.column), dtype=bool)
    traced = np.concatenate([p.chosen for p in rows.paths])
    free[traced] = False
    untraced = rows.runs.keep(free)
    boxes = bounding_boxes(untraced, strokes(untraced))
    width, height = boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2]
    small = (height >= MIN_HEIGHT) & (height <= MAX_HEIGHT) & (width <= MAX_WIDTH)
    boxes = boxes[small]
    if not MIN_STROKES <= len(boxes) <= MAX_STROKES:
        return []
    label = _same_line(boxes)
    groups = [boxes[label == k] for k in np.flatnonzero(np.bincount(label) >= MIN_STROKES)]
    lines = [
        (TextLine(_picture(sheet, rows, traced, group)), MAX_LOOSE * len(group))
        for group in groups
        if np.ptp(group[:, :2]) >= MIN_LENGTH and np.ptp(group[:, 2:]) <= 1.5 * MAX_HEIGHT
    ]
    return [line for line, most in lines if line.strokes <= most]


def _same_line(boxes: Boxes) -> Ints:
    """Label the boxes by line: beside each other, about a letter's height apart at most."""
    left, right, top, bottom = boxes.T
    tall = np.maximum(bottom - top, 2.0 * PX_PER_MM)
    apart = np.maximum(left[:, None], left) - np.minimum(right[:, None], right)
    common = np.minimum(bottom[:, None], bottom) - np.maximum(top[:, None], top)
    lower = np.minimum(bottom - top, (bottom - top)[:, None])
    one, other = np.nonzero(
        (apart < LINE_GAP * np.minimum(tall, tall[:, None])) & (common > 0.5 * lower)
    )
    return connected_components(len(boxes), one, other)


def _picture(sheet: RectifiedPage, rows: Rows, traced: Ints, boxes: Boxes) -> Map:
    """A line's ink without the traces, 1 where it is as dark as most of its strokes."""
    left, right = int(boxes[:, 0].min()), int(boxes[:, 1].max())
    top, bottom = int(boxes[:, 2].min()) - 2, int(boxes[:, 3].max()) + 3
    top, bottom = max(top, 0), min(bottom, sheet.ink.shape[0])
    picture = sheet.ink[top:bottom, left:right].copy()
    column, high, low = (v[traced] for v in (rows.runs.column, rows.runs.top, rows.runs.bottom))
    crossing = (column >= left) & (column < right) & (low >= top - 1) & (high <= bottom + 1)
    for x, a, b in zip(column[crossing], high[crossing], low[crossing], strict=True):
        picture[max(int(a) - top - 1, 0) : max(int(b) - top + 2, 0), x - left] = 0.0
    inked = picture[picture > sheet.threshold]
    full = float(np.percentile(inked, 80)) if len(inked) else 1.0
    return np.asarray(np.minimum(picture / full, 1.0), dtype=np.float32)


def _strokes_of(picture: Map) -> list[tuple[int, Map]]:
    """First column and picture of each stroke, as tall as the line and all else blank.

    They come from left to right by their middles, since slanted ones overlap; what lies within
    another's columns, as the dot in a zero, is part of it.
    """
    runs = find_runs(RectifiedPage(picture, picture, LEVEL, np.eye(2, 3)))
    if not len(runs.column):
        return []
    label = strokes(runs)
    boxes = bounding_boxes(runs, label)
    owner = _owners(boxes)
    name = _painted(runs, owner[label], picture.shape)
    order = np.argsort(boxes[:, 0] + boxes[:, 1], kind="stable")
    spans = [(k, int(boxes[k, 0]), int(boxes[k, 1])) for k in order if owner[k] == k]
    return [(a, np.where(name[:, a:b] == k, picture[:, a:b], 0.0)) for k, a, b in spans]


def _painted(runs: Runs, value: Ints, shape: tuple[int, ...]) -> Ints:
    """Each run's value in its pixels and the faint ones about it; -1 where there is no run."""
    top = np.maximum(runs.top.astype(np.int64), 0)
    tall = np.minimum(runs.bottom.astype(np.int64) + 2, shape[0]) - top
    rows = np.repeat(top, tall) + concatenated_ranges(tall)
    painted = np.full(shape, -1)
    painted[rows, np.repeat(runs.column, tall)] = np.repeat(value, tall)
    return painted


def _owners(boxes: Boxes) -> Ints:
    """The stroke within whose columns each lies: the widest one, often itself."""
    left, right = boxes[:, 0], boxes[:, 1]
    within = (left[:, None] >= left) & (right[:, None] <= right)
    return np.asarray(np.argmax(np.where(within, right - left, -1.0), axis=1))


def _between_cuts(left: int, stroke: Map) -> list[tuple[int, int]]:
    """Columns between the places where a stroke is thin enough to be two that touch."""
    ink = stroke.sum(axis=0)
    minima = local_maxima(-ink)
    minima = minima[(minima >= 2) & (minima < len(ink) - 2)]
    cuts = minima[ink[minima] < THIN * ink.max(initial=0.0)]
    cuts = np.sort(cuts[np.argsort(ink[cuts], kind="stable")[:MAX_CUTS]])
    edges = [left, *(left + int(c) for c in cuts), left + len(ink)]
    return list(pairwise(edges))
