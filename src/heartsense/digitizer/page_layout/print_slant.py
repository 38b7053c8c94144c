"""How far the rows of a bent page are shifted against one another along the grid.

Paper that is fed at an angle is printed aslant: each row begins a little farther to one side than
the row above. A rhythm strip repeats a lead of another row, so their beats show by how much.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.page_layout.lead_segments import SAMPLING_RATE, LeadSegment
from heartsense.digitizer.page_layout.rhythm_strips import repeated_lead
from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.numeric import Floats

MIN_CORRELATION: Final = 0.8
"""Of a rhythm strip with its lead, below which nothing is said."""

MAX_SLANT: Final = 0.03
"""Pixels to the side for each pixel down; measured pages have 0.012 at most."""

MIN_DISTANCE_PX: Final = 15 * PX_PER_MM
"""Between a strip and its lead."""


def print_slant(
    signal: NDArray[np.float32], segments: list[LeadSegment], px_per_second: float
) -> float:
    """Pixels to the right for each pixel down; 0 where no rhythm strip shows it.

    Parameters
    ----------
    signal : float32 array, shape (samples, 12)
        mV, as cut without a slant; NaN where not shown.
    segments : list of LeadSegment
        Strips have no lead yet.
    px_per_second : float
    """
    heights = {segment.lead: _height(segment) for segment in segments if segment.lead}
    slants = []
    for strip in (segment for segment in segments if segment.lead is None and segment.is_shown):
        samples = np.full(len(signal), np.nan, dtype=np.float32)
        strip.write_to(samples)
        lead, similarity = repeated_lead(samples, signal)
        distance = _height(strip) - heights.get(lead, np.nan)
        if similarity.correlation > MIN_CORRELATION and distance > MIN_DISTANCE_PX:
            slants.append(similarity.shift / SAMPLING_RATE * px_per_second / distance)
    slant = float(np.median(slants)) if slants else 0.0
    return slant if abs(slant) < MAX_SLANT else 0.0


def row_offsets(centrelines: list[Floats], slant: float) -> Floats:
    """Pixels by which each row is shifted to the right, against their mean height."""
    heights = np.array(
        [np.nanmedian(line) if np.isfinite(line).any() else np.nan for line in centrelines]
    )
    return np.asarray(np.nan_to_num(slant * (heights - np.nanmean(heights))))


def _height(segment: LeadSegment) -> float:
    return float(np.nanmedian(segment.y)) if segment.is_shown else float("nan")
