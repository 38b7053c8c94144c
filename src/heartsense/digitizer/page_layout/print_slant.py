"""How far the rows of a page are shifted against one another along the grid.

Paper that is fed at an angle is printed aslant: each row begins a little farther to one side than
the row above. On bent pages, a rhythm strip that repeats a lead of another row shows by how much.
Where none does, it is the slant at which the leads obey the laws best. That the steep complexes of
all rows are then more at one time confirms it, or that the laws hold much better (``hypotheses``).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.page_layout.layouts import LIMB_LEADS
from heartsense.digitizer.page_layout.lead_segments import SAMPLING_RATE, LeadSegment
from heartsense.digitizer.page_layout.rhythm_strips import (
    COMMON_RHYTHM_LEADS,
    repeated_leads,
    samples_of,
)
from heartsense.digitizer.quality import law_residuals
from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.ecg import ECG, LEADS
from heartsense.numeric import Floats

MIN_CORRELATION: Final = 0.8
"""Of a rhythm strip with its lead, below which nothing is said."""

MAX_SLANT: Final = 0.03
"""Pixels to the side for each pixel down; measured pages have 0.012 at most."""

SLANTS: Final = 0.0015 * np.array(sorted(range(-10, 11), key=abs))
"""Tried by the laws, no slant first."""

SLOPE_PX: Final = 4
MAX_RELATIVE_SLOPE: Final = 1.5
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
    strips = [segment for segment in segments if segment.lead is None and segment.is_shown]
    leads = repeated_leads([samples_of(strip, len(signal)) for strip in strips], signal)
    for strip, (lead, similarity) in zip(strips, leads, strict=True):
        distance = _height(strip) - heights.get(lead, np.nan)
        is_sure = lead in COMMON_RHYTHM_LEADS and similarity.correlation > MIN_CORRELATION
        if is_sure and distance > MIN_DISTANCE_PX:
            slants.append(similarity.shift / SAMPLING_RATE * px_per_second / distance)
    slant = float(np.median(slants)) if slants else 0.0
    return slant if abs(slant) < MAX_SLANT else 0.0


def lawful_slant(
    signal: NDArray[np.float32], segments: list[LeadSegment], px_per_second: float
) -> float:
    """The slant at which Einthoven's and Goldberger's laws hold best; parameters as above."""
    by_lead = {segment.lead: _height(segment) for segment in segments if segment.lead}
    heights = np.array([by_lead.get(lead, np.nan) for lead in LIMB_LEADS])
    if not np.isfinite(heights).any():
        return 0.0
    lags = (heights - np.nanmean(heights)) * SAMPLING_RATE / px_per_second
    limb = signal[:, [LEADS.index(lead) for lead in LIMB_LEADS]]
    shifted = [_shifted(limb, slant * lags) for slant in SLANTS]
    residuals = [law_residuals(ECG(leads, SAMPLING_RATE, LIMB_LEADS)) for leads in shifted]
    laws = len(residuals[0])
    # Where a shift leaves too little in common to check a law, it seems to hold.
    violations = [sum(of_laws) if len(of_laws) == laws else np.inf for of_laws in residuals]
    return float(SLANTS[int(np.argmin(violations))])


def _shifted(signal: NDArray[np.float32], lags: Floats) -> NDArray[np.float32]:
    """Each lead so many samples earlier; NaN where it is not shown."""
    times = np.arange(len(signal))
    leads = [
        np.interp(times + lag, times, lead, left=np.nan, right=np.nan)
        for lag, lead in zip(lags, signal.T, strict=True)
    ]
    return np.array(leads, dtype=np.float32).T


def slanted_offsets(centrelines: list[Floats], divided: list[int], slant: float) -> Floats:
    """Pixels by which each row is shifted to the right, about the middle of the divided rows.

    Parameters
    ----------
    centrelines : list of float64 arrays, shape (columns,)
        Of all rows.
    divided : list of int
        Rows that are divided into columns.
    slant : float
        Pixels to the right for each pixel down.
    """
    heights = np.array([_middle(line) for line in centrelines])
    return np.asarray(np.nan_to_num(slant * (heights - np.nanmean(heights[divided]))))


def beats_confirm(centrelines: list[Floats], divided: list[int], offsets: Floats) -> bool:
    """Whether the steep complexes of divided rows are more at one time when shifted back."""
    profiles = [_steepness(centrelines[row]) for row in divided]
    before, after = (_agreement(profiles, o) for o in (0 * offsets[divided], offsets[divided]))
    return after > before


def _steepness(line: Floats) -> Floats:
    """Slope at each column, relative to the row's steep moments; 0 in gaps."""
    slope = np.zeros(len(line))
    slope[SLOPE_PX:-SLOPE_PX] = np.abs(line[2 * SLOPE_PX :] - line[: -2 * SLOPE_PX])
    slope = np.nan_to_num(slope)
    return np.minimum(slope / max(float(np.percentile(slope, 98)), 1e-6), MAX_RELATIVE_SLOPE)


def _agreement(profiles: list[Floats], offsets: Floats) -> float:
    """Mean correlation of each two rows, shifted back by their offsets; 0 without two."""
    columns = np.arange(len(profiles[0]))
    shifted = [np.interp(columns + o, columns, p) for p, o in zip(profiles, offsets, strict=True)]
    shifted = [profile for profile in shifted if np.ptp(profile) > 0]
    if len(shifted) < 2:
        return 0.0
    return float(np.corrcoef(shifted)[np.triu_indices(len(shifted), 1)].mean())


def _middle(line: Floats) -> float:
    return float(np.nanmedian(line)) if np.isfinite(line).any() else float("nan")


def _height(segment: LeadSegment) -> float:
    return _middle(segment.y)
