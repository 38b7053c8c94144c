"""Whether the rows of a page lie level or upright: before anything is read along them.

A row of trace is one stroke, or a few, and far wider than tall; on its side it is far taller than
wide. What the ink network takes for a trace tells it best, whichever way the page is turned.
"""

from typing import Final

import numpy as np

from heartsense.digitizer.ink.network import TRACE_PROBABILITY, released_ink_network
from heartsense.digitizer.ink.segmentation import FloatImage
from heartsense.digitizer.rectified_page import RectifiedPage
from heartsense.digitizer.trace_extraction.ink_runs import (
    bounding_boxes,
    find_ink_runs,
    label_strokes,
)

CLEAR_DIRECTION: Final = 2.5
"""From which the ink alone tells; pieces of a dark grid reach less."""

LEVEL_DIRECTION: Final = 0.75
SIDEWAYS_DIRECTION: Final = -0.5
"""Of 87 real pages that are read all had more than 1.0, and less than 0.5 on their side."""


def rows_lie_level(page: RectifiedPage) -> bool | None:
    """Whether rows run from left to right, and not up or down; None where that cannot be told."""
    direction = stroke_direction(page.ink, page.threshold)
    network = released_ink_network() if abs(direction) < CLEAR_DIRECTION else None
    seen = page if page.probability is not None or network is None else page.seen_by(network)
    if seen.probability is not None:
        direction = stroke_direction(seen.probability, TRACE_PROBABILITY)
    if SIDEWAYS_DIRECTION < direction < LEVEL_DIRECTION:
        return None
    return direction > 0


def stroke_direction(ink: FloatImage, threshold: float) -> float:
    """How much wider than tall strokes are: octaves of the ratio of their mean squared sizes.

    Parameters
    ----------
    ink : float32 array, shape (height, width)
        Darkness, or the probability of a trace.
    threshold : float
        Above which a pixel is ink.

    Returns
    -------
    float
        0 without ink; about as far below 0 for the page turned by a right angle.
    """
    runs = find_ink_runs(ink, threshold, ink)
    if not len(runs.column):
        return 0.0
    left, right, top, bottom = bounding_boxes(runs, label_strokes(runs)).T
    return float(np.log2(np.square(right - left).sum() / np.square(bottom - top).sum()))
