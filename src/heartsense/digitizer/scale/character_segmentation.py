"""Segment a line of text into candidate characters.

Strokes that touch are cut at their thinnest columns into fragments; successive fragments form a
candidate character (glyph). Which of them are characters is decided by template matching.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise, takewhile
from math import inf
from typing import Final

import numpy as np

from heartsense.digitizer.ink.segmentation import FloatImage
from heartsense.digitizer.scale.character_matching import match_character
from heartsense.digitizer.trace_extraction.ink_runs import (
    InkRuns,
    bounding_boxes,
    find_ink_runs,
    label_strokes,
)
from heartsense.numeric import Floats, Indices, concatenated_ranges, local_maxima

INK_THRESHOLD: Final = 0.28
"""Part of a line's full darkness that is ink."""

MAX_FRAGMENT_GAP_PX: Final = 2
"""Gap between fragments of one glyph: thin arches fade, and an m falls into its stems."""

MAX_CUT_INK: Final = 0.6
"""A stroke can be cut at columns with less than this part of its fullest column's ink."""

MAX_CUTS: Final = 11
"""Cuts per stroke; two touching m need five."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A stroke between two cuts.

    Attributes
    ----------
    left, right, top, bottom : int
        Pixels of the line's image; ``top`` and ``bottom`` are those of its ink, equal without any.
    image : float32 array, shape (height, right - left)
        As tall as the line.
    """

    left: int
    right: int
    top: int
    bottom: int
    image: FloatImage


@dataclass(frozen=True)
class Glyph:
    """Fragments ``first`` to ``last`` (exclusive) of a line, taken for one character.

    ``left``, ``right``, ``top``, ``bottom`` are pixels of the line's image.
    """

    first: int
    last: int
    left: int
    right: int
    top: int
    bottom: int
    fragments: list[Fragment] = field(repr=False)

    @cached_property
    def image(self) -> FloatImage:
        """Its darkness, tightly cropped; put together only when needed."""
        image = np.zeros((self.height, self.width), dtype=np.float32)
        for fragment in self.fragments:
            part = image[:, fragment.left - self.left : fragment.right - self.left]
            np.maximum(part, fragment.image[self.top : self.bottom], out=part)
        return image

    @cached_property
    def scores(self) -> dict[str, float]:
        """Template matching score of each character; computed only when needed."""
        return match_character(self.image)

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def between(self, top: int, bottom: int) -> "Glyph | None":
        """What of it lies between two rows of the line; None if that is nothing."""
        top, bottom = max(top, self.top), min(bottom, self.bottom)
        if top >= bottom:
            return None
        image = self.image[top - self.top : bottom - self.top]
        inked = np.flatnonzero((image > INK_THRESHOLD).any(axis=0))
        if not len(inked):
            return None
        left, right = int(inked[0]), int(inked[-1]) + 1
        part = np.zeros((len(self.fragments[0].image), right - left), dtype=np.float32)
        part[top:bottom] = image[:, left:right]
        left, right = self.left + left, self.left + right
        fragment = Fragment(left, right, top, bottom, part)
        return Glyph(self.first, self.last, left, right, top, bottom, [fragment])


class TextLine:
    """A line of text: its fragments in reading order, and the glyphs that they can form."""

    def __init__(self, image: FloatImage) -> None:
        """Cut a line into fragments.

        Parameters
        ----------
        image : float32 array, shape (height, width)
            Darkness, 1 where it is as dark as most of the line's ink.
        """
        strokes = _segment_strokes(image)
        self.fragments = [f for left, stroke in strokes for f in _fragments(left, stroke)]
        self._glyphs: dict[tuple[int, int], Glyph | None] = {}
        self.stroke_count = len(strokes)
        self.height = image.shape[0]

    def glyph(self, first: int, last: int) -> Glyph | None:
        """Fragments ``first`` to ``last`` (exclusive) as one glyph; None if too far apart."""
        if (first, last) not in self._glyphs:
            self._glyphs[first, last] = self._join(first, last)
        return self._glyphs[first, last]

    def glyphs_from(self, first: int, max_width: float = inf) -> list[Glyph]:
        """The glyphs that begin with a fragment, up to a width in pixels."""
        ends = range(first + 1, min(first + MAX_CUTS + 1, len(self.fragments)) + 1)
        narrow = takewhile(lambda last: self._span(first, last) <= max_width, ends)
        return list(_until_none(self.glyph(first, last) for last in narrow))

    def glyphs_before(self, last: int) -> list[Glyph]:
        """The glyphs that end just before a fragment."""
        begins = range(last - 1, max(last - MAX_CUTS - 1, 0) - 1, -1)
        return list(_until_none(self.glyph(first, last) for first in begins))

    def _span(self, first: int, last: int) -> int:
        """Columns from the first to the last of some fragments."""
        fragments = self.fragments[first:last]
        return max(f.right for f in fragments) - min(f.left for f in fragments)

    def _join(self, first: int, last: int) -> Glyph | None:
        fragments = self.fragments[first:last]
        a, b = min(f.left for f in fragments), max(f.right for f in fragments)
        gaps = [f.left - e.right for e, f in pairwise(fragments)]
        if b - a > 2 * self.height or max(gaps, default=0) > MAX_FRAGMENT_GAP_PX:
            return None
        inked = [f for f in fragments if f.top < f.bottom]
        if not inked:
            return None
        top, bottom = min(f.top for f in inked), max(f.bottom for f in inked)
        return Glyph(first, last, a, b, top, bottom, fragments)


def _until_none(glyphs: Iterable[Glyph | None]) -> Iterator[Glyph]:
    """Stop at the first None: more fragments would only be farther apart."""
    for glyph in glyphs:
        if glyph is None:
            return
        yield glyph


def _segment_strokes(image: FloatImage) -> list[tuple[int, FloatImage]]:
    """First column and image of each stroke, as tall as the line and all else blank.

    Ordered by their middle columns, since slanted strokes overlap. What lies within another
    stroke's columns, as the dot in a zero, is part of that stroke.
    """
    runs = find_ink_runs(image, INK_THRESHOLD, image)
    if not len(runs.column):
        return []
    label = label_strokes(runs)
    boxes = bounding_boxes(runs, label)
    outer = _enclosing_strokes(boxes)
    labels = _label_image(runs, outer[label], image.shape)
    order = np.argsort(boxes[:, 0] + boxes[:, 1], kind="stable")
    spans = [(k, int(boxes[k, 0]), int(boxes[k, 1])) for k in order if outer[k] == k]
    return [(a, np.where(labels[:, a:b] == k, image[:, a:b], 0.0)) for k, a, b in spans]


def _label_image(runs: InkRuns, label: Indices, shape: tuple[int, ...]) -> Indices:
    """Label of each run in its pixels and the faint ones around it; -1 where there is no run."""
    top = np.maximum(runs.top.astype(np.int64), 0)
    height = np.minimum(runs.bottom.astype(np.int64) + 2, shape[0]) - top
    rows = np.repeat(top, height) + concatenated_ranges(height)
    labels = np.full(shape, -1)
    labels[rows, np.repeat(runs.column, height)] = np.repeat(label, height)
    return labels


def _enclosing_strokes(boxes: Floats) -> Indices:
    """The widest stroke within whose columns each stroke lies, often itself."""
    left, right = boxes[:, 0], boxes[:, 1]
    within = (left[:, None] >= left) & (right[:, None] <= right)
    return np.asarray(np.argmax(np.where(within, right - left, -1.0), axis=1))


def _fragments(left: int, stroke: FloatImage) -> Iterator[Fragment]:
    """The fragments of a stroke whose first column is ``left``."""
    inked = stroke > INK_THRESHOLD
    for a, b in _split_at_thin_columns(stroke):
        rows = np.flatnonzero(inked[:, a:b].any(axis=1))
        top, bottom = (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, 0)
        yield Fragment(left + a, left + b, top, bottom, stroke[:, a:b])


def _split_at_thin_columns(stroke: FloatImage) -> list[tuple[int, int]]:
    """Columns of the fragments between minima of the vertical projection profile."""
    ink = stroke.sum(axis=0)
    minima = local_maxima(-ink)
    minima = minima[(minima >= 2) & (minima < len(ink) - 2)]
    cuts = minima[ink[minima] < MAX_CUT_INK * ink.max(initial=0.0)]
    cuts = np.sort(cuts[np.argsort(ink[cuts], kind="stable")[:MAX_CUTS]])
    return list(pairwise([0, *cuts.tolist(), len(ink)]))
