"""Aggregate metrics of many pages."""

import math
from collections.abc import Sequence
from typing import Final, TypedDict

import numpy as np
from numpy.typing import NDArray

from training.benchmark.digitizing import PageScore
from training.benchmark.hardships import HARDSHIPS

MAX_RATIO: Final = 384.0
"""Cap of a page's power ratio in the mean, 25.84 dB: one perfect page hides no bad ones."""
LOW_DB: Final = 10.0

Ratios = NDArray[np.float64]


class Failure(TypedDict):
    """A page that was refused or lost a lead, and why."""

    record: str
    layout: str
    code: str


class PageMetrics(TypedDict):
    """Metrics of some pages; ``layout_found`` is the share whose layout was recognised.

    ``snr_db`` is of the mean ratio, ``capped_snr_db`` of that of ratios capped at 384;
    ``below_10_db`` is a share. ``failed`` counts pages that were refused or lost a lead.
    """

    snr_db: float | None
    capped_snr_db: float | None
    below_10_db: float | None
    refused: int
    median_snr_db: float | None
    pearson: float | None
    rmse_mv: float | None
    pages: int
    failed: int
    uncertain: int
    layout_found: float | None


class Summary(PageMetrics):
    """Metrics of all pages, of each layout, and of the pages with each hardship."""

    failures: list[Failure]
    by_layout: dict[str, PageMetrics]
    by_hardship: dict[str, PageMetrics]


def summarize(scores: Sequence[PageScore]) -> Summary:
    """Aggregate page scores. SNR is the mean over pages of the power ratio, in dB.

    Refused pages count with a ratio of 1: nothing of their signal was read.
    """
    layouts = sorted({s.layout for s in scores})
    return {
        **aggregate(scores),
        "failures": [
            {"record": s.record, "layout": s.layout, "code": s.code} for s in scores if s.code
        ],
        "by_layout": {x: aggregate([s for s in scores if s.layout == x]) for x in layouts},
        "by_hardship": {
            name: aggregate([s for s in scores if name in s.hardships])
            for name in HARDSHIPS
            if any(name in s.hardships for s in scores)
        },
    }


def aggregate(scores: Sequence[PageScore]) -> PageMetrics:
    """Metrics of some pages; None where undefined."""
    ratios = [s.fidelity.ratio for s in scores]
    return {
        "snr_db": decibels(float(np.mean(ratios))) if ratios else None,
        "capped_snr_db": decibels(capped_mean(np.array(ratios))) if ratios else None,
        "below_10_db": _rounded([float(r < 10 ** (LOW_DB / 10)) for r in ratios], 3),
        "refused": sum(s.is_refused for s in scores),
        "median_snr_db": decibels(float(np.median(ratios))) if ratios else None,
        "pearson": _rounded([s.fidelity.pearson for s in scores], 4),
        "rmse_mv": _rounded([s.fidelity.rmse for s in scores], 4),
        "pages": len(scores),
        "failed": sum(s.code is not None for s in scores),
        "uncertain": sum(s.uncertain for s in scores),
        "layout_found": _rounded([float(s.found == s.layout) for s in scores], 3),
    }


def capped_mean(ratios: Ratios) -> float:
    """Mean of power ratios, each capped at `MAX_RATIO`."""
    return float(np.minimum(ratios, MAX_RATIO).mean())


def decibels(ratio: float) -> float | None:
    """A power ratio in dB; None for a flat signal."""
    return round(10 * math.log10(ratio), 2) if ratio > 0 else None


def _rounded(values: Sequence[float], digits: int = 2) -> float | None:
    return round(float(np.mean(values)), digits) if len(values) else None
