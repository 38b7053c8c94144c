"""Aggregate metrics of real pictures, with bootstrap intervals."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypedDict

import numpy as np

from training.benchmark.real.scoring import PictureScore
from training.benchmark.summary import LOW_DB, Ratios, capped_mean, decibels

SILENTLY_WRONG_DB: Final = 5.0
TRUSTED_QUALITY: Final = 0.5
MAX_LAW_RESIDUAL: Final = 0.25
MIN_STRIP_AGREEMENT: Final = 0.95

_ROUNDS: Final = 2000

Statistic = Callable[[Ratios], float]
Bounds = tuple[float | None, float | None]


class PictureMetrics(TypedDict):
    """One picture; None where there is no record, nothing was read, or it is not shown."""

    picture: str
    snr_db: float | None
    pearson: float | None
    layout: str | None
    true_layout: str | None
    masked_to_layout: bool
    code: str | None
    quality: float | None
    einthoven_residual: float | None
    goldberger_residual: float | None
    rhythm_agreement: float | None
    seconds: float


class RealSummary(TypedDict):
    """Metrics of a folder; what is about signals counts the `scored` pictures, with a record.

    ``snr_db`` is the mean over pictures of the power ratio, each capped at 384, in dB. Intervals
    are 95 % bootstrap intervals. ``below_10_db`` and ``layout_found`` are shares;
    ``silently_wrong`` counts pictures under 5 dB whose quality score is 0.5 or more, and
    ``lawful`` those, with or without a record, whose residuals of Einthoven and Goldberger are
    at most 0.25 and whose rhythm strip, if there is one, agrees to 0.95. ``masked_to_layout``
    counts pictures for which a 3x4+1 page was assumed.
    """

    snr_db: float | None
    snr_db_interval: Bounds
    median_snr_db: float | None
    median_snr_db_interval: Bounds
    below_10_db: float | None
    pearson: float | None
    pages: int
    scored: int
    masked_to_layout: int
    refused: int
    codes: dict[str, int]
    layouts: dict[str, int]
    layout_found: float | None
    silently_wrong: int
    lawful: int
    seconds: float
    max_seconds: float
    pictures: list[PictureMetrics]


def summarize_real(scores: Sequence[PictureScore], seed: int = 0) -> RealSummary:
    """Aggregate the scores of one picture or more; `seed` is that of the bootstrap.

    Refused pictures count with a ratio of 1, in the median too.
    """
    compared = [s.fidelity for s in scores if s.fidelity is not None]
    ratios = np.array([f.ratio for f in compared])
    known = [s for s in scores if s.true_layout is not None]
    return {
        "snr_db": _of(capped_mean, ratios),
        "snr_db_interval": _bootstrap(capped_mean, ratios, seed),
        "median_snr_db": _of(_median, ratios),
        "median_snr_db_interval": _bootstrap(_median, ratios, seed),
        "below_10_db": _share([r < 10 ** (LOW_DB / 10) for r in ratios]),
        "pearson": round(float(np.mean([f.pearson for f in compared])), 4) if compared else None,
        "pages": len(scores),
        "scored": len(compared),
        "masked_to_layout": sum(s.masked for s in scores),
        "refused": sum(s.code is not None for s in scores),
        "codes": _counts(s.code for s in scores),
        "layouts": _counts(s.layout for s in scores),
        "layout_found": _share([s.layout == s.true_layout for s in known]),
        "silently_wrong": sum(map(is_silently_wrong, scores)),
        "lawful": sum(map(is_lawful, scores)),
        "seconds": round(float(np.median([s.seconds for s in scores])), 3),
        "max_seconds": round(max(s.seconds for s in scores), 3),
        "pictures": [picture_metrics(s) for s in scores],
    }


def picture_metrics(score: PictureScore) -> PictureMetrics:
    """The metrics of one picture, rounded."""
    return {
        "picture": score.picture,
        "snr_db": decibels(score.fidelity.ratio) if score.fidelity else None,
        "pearson": round(score.fidelity.pearson, 4) if score.fidelity else None,
        "layout": score.layout,
        "true_layout": score.true_layout,
        "masked_to_layout": score.masked,
        "code": score.code,
        "quality": score.quality,
        "einthoven_residual": _rounded(score.einthoven_residual),
        "goldberger_residual": _rounded(score.goldberger_residual),
        "rhythm_agreement": _rounded(score.rhythm_agreement),
        "seconds": round(score.seconds, 3),
    }


def worst_first(scores: Sequence[PictureScore]) -> list[PictureScore]:
    """By ratio; then those without a record, refused ones first, by their quality score."""
    compared = [s for s in scores if s.fidelity is not None]
    others = [s for s in scores if s.fidelity is None]
    return [
        *sorted(compared, key=lambda s: s.fidelity.ratio if s.fidelity else 0.0),
        *sorted(others, key=lambda s: -1.0 if s.quality is None else s.quality),
    ]


def is_silently_wrong(score: PictureScore) -> bool:
    """Read badly, and the quality score does not tell."""
    wrong = score.fidelity is not None and score.fidelity.ratio < 10 ** (SILENTLY_WRONG_DB / 10)
    return wrong and score.quality is not None and score.quality >= TRUSTED_QUALITY


def is_lawful(score: PictureScore) -> bool:
    """Both laws hold, and the rhythm strip agrees with its lead; no record is needed to tell."""
    residuals = (score.einthoven_residual, score.goldberger_residual)
    lawful = all(r is not None and r <= MAX_LAW_RESIDUAL for r in residuals)
    strip = score.rhythm_agreement
    return lawful and (strip is None or strip >= MIN_STRIP_AGREEMENT)


def _median(ratios: Ratios) -> float:
    return float(np.median(ratios))


def _of(statistic: Statistic, ratios: Ratios) -> float | None:
    return decibels(statistic(ratios)) if len(ratios) else None


def _bootstrap(statistic: Statistic, ratios: Ratios, seed: int) -> Bounds:
    """95 % percentile interval in dB over resampled pictures; None without any."""
    if not len(ratios):
        return None, None
    draws = np.random.default_rng(seed).integers(len(ratios), size=(_ROUNDS, len(ratios)))
    low, high = np.percentile([statistic(ratios[draw]) for draw in draws], (2.5, 97.5))
    return decibels(float(low)), decibels(float(high))


def _share(flags: Sequence[bool]) -> float | None:
    return round(float(np.mean(flags)), 3) if len(flags) else None


def _counts(values: Iterable[str | None]) -> dict[str, int]:
    return dict(sorted(Counter(v for v in values if v is not None).items()))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
