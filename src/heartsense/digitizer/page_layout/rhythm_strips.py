"""Rhythm strips: find the lead that each one repeats, and merge it into that lead."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.page_layout.lead_segments import SAMPLING_RATE, LeadSegment
from heartsense.digitizer.quality import Similarity, lead_similarity
from heartsense.ecg import LEADS
from heartsense.numeric import Floats

COMMON_RHYTHM_LEADS: Final = {"II": 0.1, "V1": 0.05, "V5": 0.05}
"""Closeness by which another lead must exceed the common ones; II is by far the commonest."""

END_SAMPLES: Final = round(0.15 * SAMPLING_RATE)
"""Samples at each end of a lead that are not compared."""

MAX_SHIFT: Final = round(0.1 * SAMPLING_RATE)
"""Samples by which a strip may be shifted against its lead when they are compared."""


def merge_rhythm_strip(
    signal: NDArray[np.float32], strip: LeadSegment
) -> tuple[LeadSegment, float]:
    """Write a rhythm strip over the lead it repeats.

    Parameters
    ----------
    signal : float32 array, shape (samples, 12)
        mV, changed in place.
    strip : LeadSegment
        Without a lead.

    Returns
    -------
    strip : LeadSegment
        With its lead.
    agreement : float
        Correlation of the strip with that lead.
    """
    samples = np.full(len(signal), np.nan, dtype=np.float32)
    strip.write_to(samples)
    lead, similarity = repeated_lead(samples, signal)
    column = signal[:, LEADS.index(lead)]
    column[:] = np.where(np.isfinite(samples), samples, column)
    return replace(strip, lead=lead), similarity.correlation


def repeated_lead(
    samples: NDArray[np.float32], signal: NDArray[np.float32]
) -> tuple[str, Similarity]:
    """The lead that a strip repeats, and how similar they are; II if none can be compared.

    Neighbouring chest leads differ mostly in amplitude, so the closeness decides and not the
    correlation.
    """
    similarities = {}
    for i, lead in enumerate(LEADS):
        column = _without_ends(signal[:, i].astype(float))
        similarity = lead_similarity(samples.astype(float), column, MAX_SHIFT)
        if similarity is not None:
            similarities[lead] = similarity
    if not similarities:
        return "II", Similarity(0.0, 0.0, 0)
    lead = max(
        similarities,
        key=lambda name: similarities[name].closeness + COMMON_RHYTHM_LEADS.get(name, 0.0),
    )
    return lead, similarities[lead]


def _without_ends(samples: Floats) -> Floats:
    """A copy without the ends of what is shown: there borders cut beats and bars hide them."""
    shown = np.flatnonzero(np.isfinite(samples))
    inner = samples.copy()
    if len(shown) > 8 * END_SAMPLES:
        inner[: shown[0] + END_SAMPLES] = np.nan
        inner[shown[-1] - END_SAMPLES + 1 :] = np.nan
    return inner
