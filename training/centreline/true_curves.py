"""Centrelines that were read from drawn pages, each with the curve that was drawn."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from heartsense.digitizer.ink.network import released_ink_network
from heartsense.digitizer.page_layout.hypotheses import fit_layouts
from heartsense.digitizer.photo_rectification import rectify_photo, reduce_photo
from heartsense.digitizer.prepared_picture import PreparedPicture
from heartsense.digitizer.rectified_page import RectifiedPage
from heartsense.digitizer.trace_extraction.centreline import InkEdges, ink_edges
from heartsense.digitizer.trace_extraction.row_traces import (
    RowTraces,
    extract_row_traces,
    with_trace_probability,
)
from heartsense.ecg import ECG
from heartsense.numeric import Floats
from training.benchmark.digitizing import page_spec_for
from training.features.extraction import TWELVE_LEAD_LAYOUTS
from training.render import RenderedPage, render_page
from training.render.spec import PageKind
from training.sources import Record
from training.true_lines import TrueLine, true_lines

WINDOW_PX: Final = 400
"""A curve is moved to the centreline anew in each window of so many columns (2 s): pages are not
flattened exactly, and that is not the network's task."""

MAX_SHIFT_PX: Final = 1.5
SHIFT_STEP_PX: Final = 0.1
MAX_ERROR_PX: Final = 8.0
"""What is farther off counts no more than this, when a curve is moved."""

MAX_MISREAD: Final = 0.05
"""Share of the columns that may be farther off; more, and another trace was followed."""


@dataclass(frozen=True, slots=True)
class TrueCurve:
    """A stretch of one row.

    Attributes
    ----------
    edges : InkEdges
    centreline, true : float64 arrays, shape (columns,)
        What was read, and what was drawn; pixels downwards.
    by_network : bool
        Whether the ink is what the ink network takes for a trace.
    """

    edges: InkEdges
    centreline: Floats
    true: Floats
    by_network: bool

    def upside_down(self) -> "TrueCurve":
        """The same with peaks as valleys."""
        edges = InkEdges(-self.edges.bottom, -self.edges.top, self.edges.pen)
        return replace(self, edges=edges, centreline=-self.centreline, true=-self.true)


def drawn_curves(record: Record, kind: PageKind, number: int) -> list[TrueCurve]:
    """Draw a record on a page and read that.

    Parameters
    ----------
    record : Record
        Twelve leads, of a patient that no figure of the digitizer is measured on.
    kind : {"clean", "scan", "photo"}
    number : int
        Draws the look of the page; layouts take turns.

    Returns
    -------
    list of TrueCurve
        Empty where the page is not read, or not as it was drawn.
    """
    ecg = record.read()
    layout = TWELVE_LEAD_LAYOUTS[number % len(TWELVE_LEAD_LAYOUTS)]
    spec = page_spec_for(record.id, ecg, kind, layout, number)
    # At the speed and the gain that ``true_lines`` expects.
    drawn = render_page(ecg, replace(spec, speed=25.0, gain=10.0))
    page = _rectified(drawn, kind)
    return [] if page is None else _curves(page, drawn.ecg)


def _rectified(drawn: RenderedPage, kind: PageKind) -> RectifiedPage | None:
    """The page as the digitizer would read it, with the ink network where that would be asked."""
    network = released_ink_network()
    if kind == "photo":
        rectified = rectify_photo(drawn.pixels, reduce_photo(drawn.pixels))
        page = None if rectified is None else rectified[0]
    else:
        page = PreparedPicture(drawn.pixels).flat_page
    if page is None or network is None or not (page.bent or page.has_dark_grid):
        return page
    return with_trace_probability(page, network)


def _curves(page: RectifiedPage, truth: ECG) -> list[TrueCurve]:
    rows = extract_row_traces(page)
    hypotheses = fit_layouts(page, rows, has_grid=True) if rows is not None else []
    if rows is None or not hypotheses or len(rows.paths) == 1:  # one row is no page of 12 leads
        return []
    curves: list[TrueCurve] = []
    for line in true_lines(truth, rows, hypotheses[0].layout):
        if line.is_good:
            curves += _stretches(line, rows)
    return curves


def _stretches(line: TrueLine, rows: RowTraces) -> Iterator[TrueCurve]:
    edges = ink_edges(rows.runs, rows.paths[line.row], rows.max_gap_px)
    centreline = rows.centrelines[line.row]
    first, last = int(np.ceil(line.x[0])), int(line.x[-1])
    for begin in range(max(first, 0), min(last, len(centreline)) - WINDOW_PX + 1, WINDOW_PX):
        columns = slice(begin, begin + WINDOW_PX)
        read = centreline[columns]
        true = _moved_to(read, np.arange(begin, begin + WINDOW_PX, dtype=float), line)
        is_off = ~(np.abs(read - true) < MAX_ERROR_PX)
        if is_off.mean() < MAX_MISREAD:
            own = InkEdges(edges.top[columns], edges.bottom[columns], edges.pen)
            yield TrueCurve(own, read, true, rows.by_network)


def _moved_to(read: Floats, columns: Floats, line: TrueLine) -> Floats:
    """The true curve at some columns, moved to what was read by a little."""
    best, least = read, np.inf
    for shift in np.arange(-MAX_SHIFT_PX, MAX_SHIFT_PX + SHIFT_STEP_PX / 2, SHIFT_STEP_PX):
        true = np.interp(columns + shift, line.x, line.y)
        true += float(np.nanmedian(read - true))
        error = float(np.nanmean(np.minimum(np.abs(read - true), MAX_ERROR_PX) ** 2))
        if error < least:
            best, least = true, error
    return best
