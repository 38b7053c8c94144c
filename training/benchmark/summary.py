"""Aggregate metrics of many pages."""

import math
from collections.abc import Sequence
from typing import TypedDict

import numpy as np

from training.benchmark.digitizing import PageScore


class Failure(TypedDict):
    """A page that was refused or lost a lead, and why."""

    record: str
    layout: str
    code: str


class PageMetrics(TypedDict):
    """Metrics of some pages; ``layout_found`` is the share whose layout was recognised."""

    snr_db: float | None
    median_snr_db: float | None
    pearson: float | None
    rmse_mv: float | None
    pages: int
    failed: int
    uncertain: int
    layout_found: float | None


class Summary(PageMetrics):
    """Metrics of all pages and of each layout."""

    failures: list[Failure]
    by_layout: dict[str, PageMetrics]


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
    }


def aggregate(scores: Sequence[PageScore]) -> PageMetrics:
    """Metrics of some pages; None where undefined."""
    ratios = [s.fidelity.ratio for s in scores]
    return {
        "snr_db": decibels(float(np.mean(ratios))) if ratios else None,
        "median_snr_db": decibels(float(np.median(ratios))) if ratios else None,
        "pearson": _rounded([s.fidelity.pearson for s in scores], 4),
        "rmse_mv": _rounded([s.fidelity.rmse for s in scores], 4),
        "pages": len(scores),
        "failed": sum(s.code is not None for s in scores),
        "uncertain": sum(s.uncertain for s in scores),
        "layout_found": _rounded([float(s.found == s.layout) for s in scores], 3),
    }


def decibels(ratio: float) -> float | None:
    """A power ratio in dB; None for a flat signal."""
    return round(10 * math.log10(ratio), 2) if ratio > 0 else None


def _rounded(values: Sequence[float], digits: int = 2) -> float | None:
    return round(float(np.mean(values)), digits) if len(values) else None
