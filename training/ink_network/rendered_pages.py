"""Training pages drawn by the renderer: the looks that no photograph with known signals shows."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates, maximum_filter

from heartsense.digitizer.photo_rectification import rectify_photo, reduce_photo
from heartsense.digitizer.rectified_page import RectifiedPage
from training.benchmark.digitizing import page_spec_for
from training.ink_network.patches import TrainingPage, as_bytes
from training.render import RenderedPage, render_page
from training.sources import Record

MARGIN_PX: Final = 60
"""Patches of rows begin this far beside the traces."""

BLANK_PX: Final = 15
"""A page that shows paper is nowhere so wide quite blank."""

MIN_TRACE_PX: Final = 2000
"""Fewer pixels of traces are no page."""


def rendered_pages(records: Sequence[Record], count: int, seed: int) -> Iterator[TrainingPage]:
    """Draw records as photographed pages, each with the pixels that its traces and pulses cover.

    Parameters
    ----------
    records : sequence of Record
        Of patients that no figure of the digitizer is measured on.
    count : int
        How many pages are drawn; those whose grid is not found are not yielded.
    seed : int
    """
    for number in range(count):
        record = records[number % len(records)]
        ecg = record.read()
        spec = page_spec_for(record.id, ecg, "photo", None, seed + number // len(records))
        drawn = render_page(ecg, spec, masks=True)
        rectified = rectify_photo(drawn.pixels, reduce_photo(drawn.pixels))
        if rectified is None:
            continue
        page = _training_page(record.id, rectified[0], drawn)
        if page is not None:
            yield page


def _training_page(name: str, page: RectifiedPage, drawn: RenderedPage) -> TrainingPage | None:
    traces = np.maximum(drawn.masks["trace"], drawn.masks["pulse"])
    label = _rectified(traces, page)
    rows, columns = np.nonzero(label > 127)
    if len(rows) < MIN_TRACE_PX:
        return None
    is_seen = maximum_filter(page.with_grid, BLANK_PX) > 0  # not taken for other than paper
    weight = (is_seen & (_rectified(drawn.masks["covered"], page) < 127)).astype(np.uint8)
    box = (
        max(int(columns.min()) - MARGIN_PX, 0),
        int(columns.max()) + MARGIN_PX,
        max(int(rows.min()) - MARGIN_PX, 0),
        int(rows.max()) + MARGIN_PX,
    )
    return TrainingPage(name, as_bytes(page.with_grid), as_bytes(page.ink), label, weight, box)


def _rectified(mask: NDArray[np.uint8], page: RectifiedPage) -> NDArray[np.uint8]:
    """A mask of the picture as the rectified page shows it."""
    height, width = page.ink.shape
    y, x = np.mgrid[:height, :width].astype(np.float64)
    at = page.page_points(x.ravel(), y.ravel())
    return np.asarray(map_coordinates(mask, [at[:, 1], at[:, 0]], order=1)).reshape(height, width)
