"""Whether what was read obeys the laws that hold in every ECG."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import ECG, Quality

Floats = NDArray[np.float64]

MAX_RESIDUAL: Final = 0.6
MIN_AGREEMENT: Final = 0.5
MIN_COVERAGE: Final = 0.6
MIN_SCORE: Final = 0.45


def assess(ecg: ECG, expected: dict[str, float], rhythm_agreement: float | None) -> Quality:
    """Quality of a digitized ECG.

    Parameters
    ----------
    expected : dict
        Share of the time axis that the layout should show of each lead.
    rhythm_agreement : float or None
        Correlation of the rhythm strip with its lead, None without one.
    """
    coverage = ecg.coverage()
    einthoven = einthoven_residual(ecg)
    goldberger = goldberger_residual(ecg)
    shares = [coverage[lead] / share for lead, share in expected.items() if share > 0]
    completeness = float(np.clip(np.mean(shares), 0.0, 1.0)) if shares else 0.0
    laws = [1.0 - min(r, 1.0) for r in (einthoven, goldberger) if r is not None]
    if rhythm_agreement is not None:
        laws.append(max(rhythm_agreement, 0.0))
    score = completeness * (float(np.mean(laws)) if laws else 1.0)
    return Quality(
        score=round(score, 3),
        einthoven_residual=einthoven,
        goldberger_residual=goldberger,
        rhythm_agreement=rhythm_agreement,
        coverage=coverage,
        reasons=tuple(_reasons(einthoven, goldberger, rhythm_agreement, shares, score)),
    )


def _reasons(
    einthoven: float | None,
    goldberger: float | None,
    rhythm: float | None,
    shares: list[float],
    score: float,
) -> list[str]:
    reasons = []
    laws = [r for r in (einthoven, goldberger) if r is not None]
    if laws and np.mean(laws) > MAX_RESIDUAL:
        reasons.append("leads_contradict_each_other")
    if rhythm is not None and rhythm < MIN_AGREEMENT:
        reasons.append("rhythm_strip_unlike_its_lead")
    if not shares or np.mean(shares) < MIN_COVERAGE:
        reasons.append("trace_incomplete")
    if score < MIN_SCORE and not reasons:
        reasons.append("quality_low")
    return reasons


def einthoven_residual(ecg: ECG) -> float | None:
    """Root mean square of I + III - II over that of the three leads; None without them.

    Einthoven 1912: lead II is the sum of leads I and III at every moment.
    """
    return _residual(ecg, ("I", "III", "II"), (1.0, 1.0, -1.0))


def goldberger_residual(ecg: ECG) -> float | None:
    """Root mean square of aVR + aVL + aVF over that of the three leads; None without them.

    Goldberger 1942: the augmented leads add up to nothing at every moment.
    """
    return _residual(ecg, ("aVR", "aVL", "aVF"), (1.0, 1.0, 1.0))


def _residual(ecg: ECG, leads: tuple[str, ...], signs: tuple[float, ...]) -> float | None:
    if not set(leads) <= set(ecg.leads):
        return None
    signal = np.stack([ecg.lead(lead) for lead in leads]).astype(float)
    shown = np.isfinite(signal).all(axis=0)
    if shown.sum() < 0.5 * ecg.rate:
        return None
    signal = signal[:, shown]
    signal -= np.median(signal, axis=1, keepdims=True)
    total = np.sqrt((signal**2).mean())
    return float(np.sqrt(((np.array(signs) @ signal) ** 2).mean()) / (total + 1e-6) / np.sqrt(3))


@dataclass(frozen=True, slots=True)
class Likeness:
    """``nearness`` is 1 less the difference's root mean square over the signals' own."""

    nearness: float
    correlation: float


def likeness(first: Floats, second: Floats, max_shift: int) -> Likeness | None:
    """How alike two leads are where both are shown, at the best shift; None where that is little.

    Parameters
    ----------
    max_shift : int
        Samples by which one may be shifted against the other.
    """
    if (np.isfinite(first) & np.isfinite(second)).sum() < 4 * max_shift:
        return None
    found = []
    for shift in range(-max_shift, max_shift + 1, 2):
        a = first[max(shift, 0) : len(first) + min(shift, 0)]
        b = second[max(-shift, 0) : len(second) - max(shift, 0)]
        shown = np.isfinite(a) & np.isfinite(b)
        a, b = a[shown] - a[shown].mean(), b[shown] - b[shown].mean()
        size = np.sqrt(((a**2).mean() + (b**2).mean()) / 2) + 1e-9
        apart = np.sqrt(((a - b) ** 2).mean()) / size
        correlation = float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum() + 1e-12))
        found.append(Likeness(float(1.0 - apart), correlation))
    return max(found, key=lambda match: match.nearness)
