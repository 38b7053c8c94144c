"""Rhythm strips: find the lead that each one repeats, and merge it into that lead."""

from dataclasses import replace
from itertools import product
from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.page_layout.lead_segments import SAMPLING_RATE, LeadSegment
from heartsense.digitizer.quality import Similarity, lead_similarity
from heartsense.ecg import LEADS
from heartsense.numeric import Floats, moving_mean

COMMON_RHYTHM_LEADS: Final = {"II": 0.5, "V1": 0.25, "V5": 0.25}
"""Logarithm by which a strip must differ less from another lead than from a common one. II is by
far the commonest. Where all differ, as on bent paper, that decides; where one hardly differs, it
does not. Chosen on the strips of 42 real pages, 40 of which are lead II."""

MIN_CLOSENESS: Final = 0.5
"""A strip that is less close to every lead is not known; strips read right reach 0.6."""

UNKNOWN_CLOSENESS: Final = -1.0
"""Of a lead that cannot be compared."""

LEAST_DIFFERENCE: Final = 0.02
"""Of a strip and its lead, of their size: less is chance."""

SMOOTHING_SAMPLES: Final = round(0.03 * SAMPLING_RATE)
"""Over which a strip and its lead are smoothed before they are compared: on bent paper QRS
complexes lie up to 15 ms beside their place, and sharp ones would meet nothing."""

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
    sharp = [strip.astype(float) for strip in strips]
    columns = [_without_ends(column.astype(float)) for column in signal.T]
    smooth = [moving_mean(column, SMOOTHING_SAMPLES) for column in columns]
    found = [_similarities(moving_mean(strip, SMOOTHING_SAMPLES), smooth) for strip in sharp]
    choices = product(*(_likeliest(similarities, len(strips)) for similarities in found))
    distinct = (leads for leads in choices if len({*leads}) == len(leads))
    best = max(
        distinct,
        key=lambda leads: sum(_score(lead, of) for lead, of in zip(leads, found, strict=True)),
    )
    return [
        (lead, _similarity(strip, columns[LEADS.index(lead)], of.get(lead)))
        for lead, strip, of in zip(best, sharp, found, strict=True)
    ]


def _similarity(strip: Floats, column: Floats, smooth: Similarity | None) -> Similarity:
    """How close a strip is to a lead once both are smoothed, and how they correlate as read."""
    sharp = lead_similarity(strip, column, MAX_SHIFT)
    if sharp is None or smooth is None:
        return Similarity(0.0, 0.0, 0)
    return replace(sharp, closeness=smooth.closeness)


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
    return COMMON_RHYTHM_LEADS.get(lead, 0.0) - log(max(1.0 - closeness, LEAST_DIFFERENCE))


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
