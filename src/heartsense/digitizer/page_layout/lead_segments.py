"""Lead segments: the stretch of a row that shows one lead."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.page_layout.layouts import Layout
from heartsense.digitizer.page_layout.lead_ends import RowInk, bridged_lines, with_own_ends
from heartsense.digitizer.rectified_page import PX_PER_MM, RectifiedPage
from heartsense.digitizer.scale.scale_estimation import Scale
from heartsense.digitizer.trace_extraction.row_traces import RowTraces
from heartsense.ecg import Trace
from heartsense.numeric import Floats, interpolated_smoothly

SAMPLING_RATE: Final = 500.0
"""Hz, of every digitized ECG."""

MIN_SHOWN_PX: Final = 2 * PX_PER_MM
"""Less of a lead is the end of the one beside it."""

MAX_TICK_PX: Final = int(1.5 * PX_PER_MM)
"""So much of a lead a tick at its border hides; longer gaps stay open where no line was drawn."""


@dataclass(frozen=True, slots=True)
class LeadSegment:
    """One lead as drawn in one row.

    Attributes
    ----------
    lead : str or None
        None for a rhythm strip whose lead is not known yet.
    x, y : float64 arrays, shape (n,)
        Rectified pixels; y downwards, NaN in gaps.
    seconds : float64 array, shape (n,)
        Time axis of the ECG, where each pixel begins.
    px_per_mv : float
    is_smooth : bool
        Whether samples between pixels lie on smooth curves, which keep peaks. Otherwise they lie
        on straight lines, which average the larger errors of what the ink network sees.
    """

    lead: str | None
    x: Floats
    y: Floats
    seconds: Floats
    px_per_mv: float
    is_smooth: bool = True

    @property
    def pixel(self) -> float:
        """Seconds that a pixel is wide."""
        return float(np.ptp(self.seconds)) / max(len(self.seconds) - 1, 1)

    @property
    def end(self) -> float:
        """Seconds at which its last pixel ends."""
        return float(self.seconds[-1]) + self.pixel

    @property
    def is_shown(self) -> bool:
        return int(np.isfinite(self.y).sum()) >= MIN_SHOWN_PX

    def write_to(self, samples: NDArray[np.float32]) -> None:
        """Resample into one lead's samples, in mV relative to the segment's median.

        Parameters
        ----------
        samples : float32 array, shape (samples,)
            At ``SAMPLING_RATE``; changed in place where the segment lies.
        """
        if not self.is_shown:
            return
        first = sample_count(max(float(self.seconds[0]), 0.0))
        stop = min(sample_count(self.end), len(samples))
        pixels = (np.arange(first, stop) / SAMPLING_RATE - self.seconds[0]) / self.pixel
        millivolts = (float(np.nanmedian(self.y)) - self.y) / self.px_per_mv
        if self.is_smooth:
            samples[first:stop] = interpolated_smoothly(pixels, millivolts)
        else:
            samples[first:stop] = np.interp(pixels, np.arange(len(millivolts)), millivolts)

    def to_trace(self, page: RectifiedPage) -> Trace:
        """Where the segment lies on the original page."""
        shown = np.isfinite(self.y)
        x, y, seconds = self.x[shown], self.y[shown], self.seconds[shown]
        points = page.page_points(x + 0.5, y + 0.5)
        return Trace(str(self.lead), points, float(seconds[0]), float(seconds[-1]))


def sample_count(seconds: float) -> int:
    """Samples before this moment."""
    return int(np.ceil(seconds * SAMPLING_RATE - 1e-6))


def cut_lead_segments(
    rows: RowTraces, layout: Layout, spans: Floats, scale: Scale, offsets: Floats | None = None
) -> list[LeadSegment]:
    """Cut the rows into leads.

    Parameters
    ----------
    rows : RowTraces
    layout : Layout
    spans : float64 array, shape (columns, 2)
        Where each column of leads begins and ends, in pixels. In time, each begins when the one
        before it ends, also where a gap is drawn between them.
    scale : Scale
    offsets : float64 array, shape (rows,), optional
        Pixels by which each row is shifted to the right.
    """
    if offsets is None:
        offsets = np.zeros(len(rows.centrelines))
    widths = np.diff(spans, axis=1)[:, 0]
    origins = np.concatenate([[0.0], np.cumsum(widths)[:-1]])
    whole_row = np.array([[spans[0, 0], spans[-1, 1]]])
    segments = []
    is_line = np.isin(np.arange(rows.runs.columns), rows.separators)
    lines = zip(layout.names, rows.centrelines, rows.paths, offsets, strict=True)
    for names, centreline, path, offset in lines:
        divided = len(names) > 1
        has_ink = rows.runs.has_ink(path.runs)
        # A strip goes on behind a line, and the ink network looks through it.
        hidden = is_line & ~has_ink if rows.is_bent or not divided else is_line
        row = RowInk(rows.runs, path, hidden, rows.max_gap_px)
        line = centreline if divided else bridged_lines(row, centreline)
        row_spans, row_origins = (spans, origins) if divided else (whole_row, np.zeros(1))
        columns = zip(names, row_spans + offset, row_origins, strict=True)
        for column, (name, (left, right), origin) in enumerate(columns):
            if not divided:  # a strip has no gaps: it may end before the columns do
                right = min(right, np.flatnonzero(has_ink)[-1:].max(initial=0) + 1)
            x = np.arange(max(0, round(left)), min(len(line), round(right)))
            seconds = (x - left + origin) / scale.px_per_second
            borders = column > 0, column < len(names) - 1
            y = _closed_at_borders(line[x], has_ink[x], *borders)
            if divided and len(x):
                y = with_own_ends(row, y, int(x[0]), *borders)
            segments.append(
                LeadSegment(
                    name,
                    x.astype(float),
                    y,
                    seconds,
                    scale.px_per_mv,
                    is_smooth=not rows.by_network,
                )
            )
    return segments


def _closed_at_borders(y: Floats, has_ink: NDArray[np.bool_], *borders: bool) -> Floats:
    """A segment that returns to its own median where a gap reaches over a border to another lead.

    Parameters
    ----------
    y : float64 array, shape (n,)
        NaN in gaps, or a line across them, which would lead to the height of the other lead.
    has_ink : bool array, shape (n,)
        Where the trace was seen.
    borders : bool
        Whether another lead stands to the left, and to the right.
    """
    seen = np.flatnonzero(has_ink & np.isfinite(y))
    if not len(seen):
        return y
    closed, median, end = y.copy(), float(np.median(y[seen])), len(y)
    left, right = int(seen[0]), int(seen[-1])
    if borders[0] and (left <= MAX_TICK_PX or np.isfinite(y[:left]).any()):
        closed[:left] = np.linspace(median, y[left], left, endpoint=False)
    if borders[1] and (end - right <= MAX_TICK_PX or np.isfinite(y[right + 1 :]).any()):
        closed[right:] = np.linspace(y[right], median, end - right)
    return closed
