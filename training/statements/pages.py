"""A paced rhythm on drawn pages, where a needle of two milliseconds is less than a pixel wide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

import numpy as np
from rich.progress import track

from heartsense.classifier.statements import STATEMENT_FEATURES, paced_score
from heartsense.digitizer import digitize
from heartsense.ecg import LEADS
from heartsense.errors import HeartSenseError
from heartsense.measurements import analyse, pacing_spikes, signal_features
from training.features import InputMode
from training.features.extraction import SOURCE_WITHOUT_MILLIVOLTS, page_spec
from training.render import render_page
from training.sources import Record

_PAGES: Final = InputMode("clean")
_CODE: Final = "PACE"
_OTHERS: Final = 150
"""Records that are not paced."""


@dataclass(frozen=True, slots=True)
class SaidOnPages:
    """Of the paced and of the other records, how many pages were read, and said to be paced."""

    paced: int
    paced_said: int
    others: int
    others_said: int


def paced_on_pages(
    records: Sequence[Record], codes: Mapping[str, frozenset[str]], threshold: float
) -> SaidOnPages:
    """Draw all paced records and some others as pages, and read them back."""
    usable = [r for r in records if r.source != SOURCE_WITHOUT_MILLIVOLTS]
    paced = [r for r in usable if _CODE in codes[r.id]]
    others = Random(0).sample([r for r in usable if _CODE not in codes[r.id]], _OTHERS)
    drawn = track([*paced, *others], "paced pages")
    said = [(record in paced, _is_said(record, threshold)) for record in drawn]
    read = [(is_paced, is_said) for is_paced, is_said in said if is_said is not None]
    return SaidOnPages(
        paced=sum(is_paced for is_paced, _ in read),
        paced_said=sum(is_paced and is_said for is_paced, is_said in read),
        others=sum(not is_paced for is_paced, _ in read),
        others_said=sum(is_said and not is_paced for is_paced, is_said in read),
    )


def _is_said(record: Record, threshold: float) -> bool | None:
    """Whether a paced rhythm is said of the record's page; None if it could not be read."""
    try:
        ecg = digitize(render_page(record.read(), page_spec(record, _PAGES)).pixels).ecg
    except HeartSenseError:
        return None
    if ecg.leads != LEADS:
        return None
    found = analyse(ecg)
    features = np.full(len(STATEMENT_FEATURES), np.nan)
    measured = signal_features(found)
    features[: len(measured)], features[-1] = measured, pacing_spikes(found)
    return bool(paced_score(features) >= threshold)
