"""Detect lines of text: small strokes beside each other that belong to no trace."""

from typing import Final

import numpy as np

from heartsense.digitizer.ink.segmentation import FloatImage
from heartsense.digitizer.rectified_page import PX_PER_MM, RectifiedPage
from heartsense.digitizer.scale.character_segmentation import TextLine
from heartsense.digitizer.trace_extraction.ink_runs import bounding_boxes, label_strokes
from heartsense.digitizer.trace_extraction.row_traces import RowTraces
from heartsense.numeric import Floats, Indices, connected_components

MIN_STROKE_HEIGHT_PX, MAX_STROKE_HEIGHT_PX = 0.7 * PX_PER_MM, 6.0 * PX_PER_MM
MAX_STROKE_WIDTH_PX: Final = 20.0 * PX_PER_MM
"""Characters of low resolution touch, so that a stroke may be a whole word."""

MIN_LINE_LENGTH_PX: Final = 5.0 * PX_PER_MM
MAX_LINE_HEIGHT_PX: Final = 1.5 * MAX_STROKE_HEIGHT_PX
MIN_LINE_STROKES: Final = 3
"""Some characters of a legend may touch, but not all of them."""

MAX_PAGE_STROKES: Final = 800
"""A page with more small strokes is texture, and no text is read."""

MAX_STROKE_RATIO: Final = 3
"""Strokes in a line's image, relative to those it was detected by; more are texture."""

MAX_GAP_HEIGHTS: Final = 1.8
"""Gap between strokes of a line, in heights of the smaller one."""

MIN_GAP_HEIGHT_PX: Final = 2.0 * PX_PER_MM
"""Height of a stroke that counts at least for its gap."""


def detect_text_lines(page: RectifiedPage, rows: RowTraces) -> list[TextLine]:
    """Detect the lines of text on a page.

    Parameters
    ----------
    page : RectifiedPage
    rows : RowTraces
        Their ink is left out.
    """
    traced = np.concatenate([path.runs for path in rows.paths])
    is_free = np.ones(len(rows.runs.column), dtype=bool)
    is_free[traced] = False
    free = rows.runs.select(is_free) if rows.other_ink is None else rows.other_ink
    boxes = bounding_boxes(free, label_strokes(free))
    width, height = boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2]
    small = (height >= MIN_STROKE_HEIGHT_PX) & (height <= MAX_STROKE_HEIGHT_PX)
    boxes = boxes[small & (width <= MAX_STROKE_WIDTH_PX)]
    if not MIN_LINE_STROKES <= len(boxes) <= MAX_PAGE_STROKES:
        return []
    lines = [
        (TextLine(_line_image(page, rows, traced, group)), MAX_STROKE_RATIO * len(group))
        for group in _line_groups(boxes)
    ]
    return [line for line, max_strokes in lines if line.stroke_count <= max_strokes]


def _line_groups(boxes: Floats) -> list[Floats]:
    """The boxes of each line that has the size of a line of text."""
    label = _label_lines(boxes)
    groups = [boxes[label == k] for k in np.flatnonzero(np.bincount(label) >= MIN_LINE_STROKES)]
    return [
        group
        for group in groups
        if np.ptp(group[:, :2]) >= MIN_LINE_LENGTH_PX and np.ptp(group[:, 2:]) <= MAX_LINE_HEIGHT_PX
    ]


def _label_lines(boxes: Floats) -> Indices:
    """Label the boxes by line: those beside each other, about a character's height apart."""
    left, right, top, bottom = boxes.T
    size = np.maximum(bottom - top, MIN_GAP_HEIGHT_PX)
    gap = np.maximum(left[:, None], left) - np.minimum(right[:, None], right)
    overlap = np.minimum(bottom[:, None], bottom) - np.maximum(top[:, None], top)
    smaller = np.minimum(bottom - top, (bottom - top)[:, None])
    max_gap = MAX_GAP_HEIGHTS * np.minimum(size, size[:, None])
    first, second = np.nonzero((gap < max_gap) & (overlap > 0.5 * smaller))
    return connected_components(len(boxes), first, second)


def _line_image(page: RectifiedPage, rows: RowTraces, traced: Indices, boxes: Floats) -> FloatImage:
    """A line's ink without the traces, 1 where it is as dark as most of its strokes."""
    left, right = int(boxes[:, 0].min()), int(boxes[:, 1].max())
    top, bottom = int(boxes[:, 2].min()) - 2, int(boxes[:, 3].max()) + 3
    top, bottom = max(top, 0), min(bottom, page.ink.shape[0])
    image = page.ink[top:bottom, left:right].copy()
    column, upper, lower = (v[traced] for v in (rows.runs.column, rows.runs.top, rows.runs.bottom))
    crossing = (column >= left) & (column < right) & (lower >= top - 1) & (upper <= bottom + 1)
    for x, a, b in zip(column[crossing], upper[crossing], lower[crossing], strict=True):
        image[max(int(a) - top - 1, 0) : max(int(b) - top + 2, 0), x - left] = 0.0
    inked = image[image > page.threshold]
    full = float(np.percentile(inked, 80)) if len(inked) else 1.0
    return np.asarray(np.minimum(image / full, 1.0), dtype=np.float32)
