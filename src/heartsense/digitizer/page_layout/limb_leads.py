"""The limb leads of a page whose rows are no standard layout's: their laws tell which they are."""

from typing import Final

import numpy as np

from heartsense.digitizer.page_layout.layouts import LIMB_LEADS, Layout, candidate_layouts
from heartsense.digitizer.quality import einthoven_residual, lead_similarity
from heartsense.ecg import ECG

MIN_ROWS: Final = 8
"""Two rows without a layout are no page. More than eight may be one of twelve leads read in part:
its limb leads are told all the same."""

MAX_RESIDUAL: Final = 0.2
MIN_CLOSENESS: Final = 0.7
"""Of Einthoven's law, and of an augmented lead to what follows from I and II. On the one such page
of the real scans they are 0.04 and 0.92; other rows leave 0.9, and are not close at all."""

LIMB_LAYOUT: Final = "limb_leads"

PART_OF_PAGE: Final = 0.2
"""Inconsistency that such a reading has at least: the page may be one of twelve leads, of which
rows were lost, and is then read in other ways too."""

MAX_LAG: Final = 0.08
"""Seconds by which a row may be drawn later or earlier than the first three."""

_FROM_I_AND_II: Final = {"aVR": (-0.5, -0.5), "aVL": (1.0, -0.5), "aVF": (-0.5, 1.0)}
"""The augmented leads by leads I and II (Goldberger 1942, with Einthoven's law)."""


def limb_layouts(rows: int) -> list[Layout]:
    """The layouts to try on a page of so many rows, one lead each; empty if it has a layout.

    Some recorders print I, II, III, then all augmented leads or two of them, then chest leads that
    only the labels name.
    """
    if rows < MIN_ROWS or candidate_layouts(rows):
        return []
    five = tuple(lead for lead in LIMB_LEADS if lead != "aVL")
    return [Layout(LIMB_LAYOUT, tuple((lead,) for lead in leads)) for leads in (LIMB_LEADS, five)]


def limb_lags(ecg: ECG) -> dict[str, float] | None:
    """How much later each limb lead is drawn than its law says, seconds; None if one breaks it.

    Leads I, II and III must obey Einthoven's law. Each augmented lead must be like what follows
    from them: sheets are put together of parts whose rows begin at other places.
    """
    einthoven = einthoven_residual(ecg)
    if einthoven is None or einthoven > MAX_RESIDUAL:
        return None
    one, two = (ecg.lead(lead).astype(np.float64) for lead in ("I", "II"))
    lags = dict.fromkeys(("I", "II", "III"), 0.0)
    for lead, (a, b) in _FROM_I_AND_II.items():
        if not np.isfinite(ecg.lead(lead)).any():
            continue
        expected = a * one + b * two
        found = lead_similarity(
            ecg.lead(lead).astype(np.float64), expected, round(MAX_LAG * ecg.rate)
        )
        if found is None or found.closeness < MIN_CLOSENESS:
            return None
        lags[lead] = found.shift / ecg.rate
    return lags
