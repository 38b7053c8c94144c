"""Rhythm strips: find the lead that each one repeats, and merge it into that lead."""

from dataclasses import replace
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.page_layout.lead_segments import SAMPLING_RATE, LeadSegment
from heartsense.digitizer.quality import Similarity, lead_similarity
from heartsense.ecg import LEADS
from heartsense.numeric import Floats

COMMON_RHYTHM_LEADS: Final = {"II": 0.1, "V1": 0.05, "V5": 0.05}
"""Closeness by which another lead must exceed the common ones; II is by far the commonest."""

MIN_CLOSENESS: Final = 0.5
"""A strip that is less close to every lead is not known; strips read right reach 0.6."""

UNKNOWN_CLOSENESS: Final = -1.0
"""Of a lead that cannot be compared."""

END_SAMPLES: Final = round(0.15 * SAMPLING_RATE)
"""Samples at each end of a lead that are not compared."""

MAX_SHIFT: Final = round(0.1 * SAMPLING_RATE)
"""Samples by which a strip may be shifted against its lead when they are compared."""


def merge_rhythm_strips(
    signal: NDArray[np.float32], strips: list[LeadSegment]
) -> tuple[list[LeadSegment], list[float]]:
    """Write rhythm strips over the leads they repeat.

    Each strip repeats another lead. One that is like none, as where the complexes of its
    neighbours hide its own, is left out.

    Parameters
    ----------
    signal : float32 array, shape (samples, 12)
        mV, changed in place.
    strips : list of LeadSegment
        Without leads.

    Returns
    -------
    merged : list of LeadSegment
        With their leads; without the strips that were left out.
    agreements : list of float
        Correlation of each strip with its lead, or with the lead it is most like.
    """
    samples = [samples_of(strip, len(signal)) for strip in strips]
    leads = repeated_leads(samples, signal)
    merged = []
    for strip, (lead, similarity) in zip(strips, leads, strict=True):
        if similarity.closeness >= MIN_CLOSENESS:
            in_time = _in_time(replace(strip, lead=lead), similarity.shift)
            shown = samples_of(in_time, len(signal))
            column = signal[:, LEADS.index(lead)]
            column[:] = np.where(np.isfinite(shown), shown, column)
            merged.append(in_time)
    return merged, [similarity.correlation for _, similarity in leads]


def _in_time(strip: LeadSegment, shift: int) -> LeadSegment:
    """A strip so many samples earlier, without what would lie before the beginning of the page.

    Print that is aslant to the grid, or paper that stretches, put it out of time with its lead.
    """
    seconds = strip.seconds - shift / SAMPLING_RATE
    kept = seconds >= 0.0
    return replace(strip, x=strip.x[kept], y=strip.y[kept], seconds=seconds[kept])


def repeated_leads(
    strips: list[NDArray[np.float32]], signal: NDArray[np.float32]
) -> list[tuple[str, Similarity]]:
    """The lead that each strip repeats, and how similar they are; no two repeat the same lead.

    Neighbouring chest leads differ mostly in amplitude, so the closeness decides and not the
    correlation.
    """
    columns = [_without_ends(column.astype(float)) for column in signal.T]
    found = [_similarities(strip.astype(float), columns) for strip in strips]
    choices = product(*(_likeliest(similarities, len(strips)) for similarities in found))
    distinct = (leads for leads in choices if len({*leads}) == len(leads))
    best = max(
        distinct,
        key=lambda leads: sum(_score(lead, of) for lead, of in zip(leads, found, strict=True)),
    )
    unknown = Similarity(0.0, 0.0, 0)
    return [(lead, of.get(lead, unknown)) for lead, of in zip(best, found, strict=True)]


def _similarities(strip: Floats, columns: list[Floats]) -> dict[str, Similarity]:
    compared = {
        lead: lead_similarity(strip, column, MAX_SHIFT)
        for lead, column in zip(LEADS, columns, strict=True)
    }
    return {lead: found for lead, found in compared.items() if found is not None}


def _likeliest(similarities: dict[str, Similarity], count: int) -> list[str]:
    """So many leads that one of them is left, whatever the other strips repeat."""
    return sorted(LEADS, key=lambda lead: -_score(lead, similarities))[:count]


def _score(lead: str, similarities: dict[str, Similarity]) -> float:
    closeness = similarities[lead].closeness if lead in similarities else UNKNOWN_CLOSENESS
    return closeness + COMMON_RHYTHM_LEADS.get(lead, 0.0)


def samples_of(strip: LeadSegment, count: int) -> NDArray[np.float32]:
    """A strip's samples on the page's time axis, in mV; NaN where it is not shown."""
    samples = np.full(count, np.nan, dtype=np.float32)
    strip.write_to(samples)
    return samples


def _without_ends(samples: Floats) -> Floats:
    """A copy without the ends of what is shown: there borders cut beats and bars hide them."""
    shown = np.flatnonzero(np.isfinite(samples))
    inner = samples.copy()
    if len(shown) > 8 * END_SAMPLES:
        inner[: shown[0] + END_SAMPLES] = np.nan
        inner[shown[-1] - END_SAMPLES + 1 :] = np.nan
    return inner
