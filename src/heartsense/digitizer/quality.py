"""Quality of a digitized ECG, by laws that hold in every ECG."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from heartsense.ecg import ECG, Quality
from heartsense.numeric import Floats, Indices
from heartsense.reference_ranges import FAIR_QUALITY

MAX_RESIDUAL: Final = 0.6
MIN_RHYTHM_AGREEMENT: Final = 0.5
MIN_COMPLETENESS: Final = 0.6
MIN_COMMON_SECONDS: Final = 0.5
"""Time for which all leads of a law must be shown together."""

OVERLAP: Final = (0.2, 0.32)
OVERLAP_TRUST: Final = (1.0, 0.53)
"""How far a page is trusted by how much is not explained where its rows overlap. Of 141 drawn pages
of PTB-XL those under 5 dB had 0.39 and more, but for one, those over 10 dB 0.2 at most."""

OVERLAP_LIMIT: Final = (1.0, 0.49)
"""The highest score: leads that obey the laws may be misread alike."""

DOUBTED_OVERLAP: Final = 0.27

UNKNOWN_STRIP_TRUST: Final = 0.45
"""How far a page is trusted with a rhythm strip that is like none of its leads."""


def assess_quality(
    ecg: ECG,
    expected_coverage: dict[str, float],
    rhythm_agreement: float | None,
    *,
    overlap: float = 0.0,
    has_unknown_strip: bool = False,
) -> Quality:
    """Assess the quality of a digitized ECG.

    Parameters
    ----------
    ecg : ECG
    expected_coverage : dict
        Share of the time axis, 0 to 1, that the layout shows of each lead.
    rhythm_agreement : float or None
        Correlation of the rhythm strip with the lead it repeats; None without a strip.
    overlap : float
        How much is not explained where rows overlap: the laws hold in the other leads.
    has_unknown_strip : bool
        Whether a rhythm strip is like none of the leads: it, or they, are misread or misplaced.

    Returns
    -------
    Quality
        The score is completeness times the mean agreement with the laws that can be checked, less
        where rows overlap or a strip is unknown.
    """
    coverage = ecg.coverage()
    einthoven = einthoven_residual(ecg)
    goldberger = goldberger_residual(ecg)
    shares = [coverage[lead] / share for lead, share in expected_coverage.items() if share > 0]
    completeness = float(np.clip(np.mean(shares), 0.0, 1.0)) if shares else 0.0
    agreement = [1.0 - min(r, 1.0) for r in (einthoven, goldberger) if r is not None]
    if rhythm_agreement is not None:
        agreement.append(max(rhythm_agreement, 0.0))
    score = completeness * (float(np.mean(agreement)) if agreement else 1.0)
    score *= float(np.interp(overlap, OVERLAP, OVERLAP_TRUST))
    score = min(score, float(np.interp(overlap, OVERLAP, OVERLAP_LIMIT)))
    score *= UNKNOWN_STRIP_TRUST if has_unknown_strip else 1.0
    return Quality(
        score=round(score, 3),
        einthoven_residual=einthoven,
        goldberger_residual=goldberger,
        rhythm_agreement=rhythm_agreement,
        coverage=coverage,
        reasons=tuple(
            _reasons(
                residuals=[r for r in (einthoven, goldberger) if r is not None],
                is_strip_unlike=has_unknown_strip
                or (rhythm_agreement is not None and rhythm_agreement < MIN_RHYTHM_AGREEMENT),
                is_incomplete=not shares or float(np.mean(shares)) < MIN_COMPLETENESS,
                is_overlapping=overlap > DOUBTED_OVERLAP,
                score=score,
            )
        ),
        rows_overlap=overlap > DOUBTED_OVERLAP,
    )


def _reasons(
    *,
    residuals: list[float],
    is_strip_unlike: bool,
    is_incomplete: bool,
    is_overlapping: bool,
    score: float,
) -> list[str]:
    reasons = []
    if residuals and np.mean(residuals) > MAX_RESIDUAL:
        reasons.append("leads_contradict_each_other")
    if is_strip_unlike:
        reasons.append("rhythm_strip_unlike_its_lead")
    if is_incomplete:
        reasons.append("trace_incomplete")
    if score < FAIR_QUALITY and is_overlapping:
        reasons.append("rows_overlap")
    if score < FAIR_QUALITY and not reasons:
        reasons.append("quality_low")
    return reasons


def law_residuals(ecg: ECG) -> list[float]:
    """Of Einthoven's and Goldberger's laws, those that can be checked: 0 is perfect, 1 noise."""
    residuals = einthoven_residual(ecg), goldberger_residual(ecg)
    return [residual for residual in residuals if residual is not None]


def einthoven_residual(ecg: ECG) -> float | None:
    """Root mean square of I + III - II, relative to that of the three leads.

    Einthoven's law (Einthoven 1912): lead II is the sum of leads I and III at every moment.

    Returns
    -------
    float or None
        0 is perfect, 1 is noise; None if the leads are not shown together.
    """
    return _residual(ecg, ("I", "III", "II"), (1.0, 1.0, -1.0))


def goldberger_residual(ecg: ECG) -> float | None:
    """Root mean square of aVR + aVL + aVF, relative to that of the three leads.

    Goldberger's augmented leads (Goldberger 1942) sum to zero at every moment.

    Returns
    -------
    float or None
        0 is perfect, 1 is noise; None if the leads are not shown together.
    """
    return _residual(ecg, ("aVR", "aVL", "aVF"), (1.0, 1.0, 1.0))


def _residual(ecg: ECG, leads: tuple[str, ...], signs: tuple[float, ...]) -> float | None:
    if not set(leads) <= set(ecg.leads):
        return None
    signal = np.stack([ecg.lead(lead) for lead in leads]).astype(float)
    shown = np.isfinite(signal).all(axis=0)
    if shown.sum() < MIN_COMMON_SECONDS * ecg.rate:
        return None
    signal = signal[:, shown]
    signal -= np.median(signal, axis=1, keepdims=True)
    total = np.sqrt((signal**2).mean())
    return float(np.sqrt(((np.array(signs) @ signal) ** 2).mean()) / (total + 1e-6) / np.sqrt(3))


@dataclass(frozen=True, slots=True)
class Similarity:
    """How similar two signals are.

    Attributes
    ----------
    closeness : float
        1 minus the root mean square of the difference, relative to that of the signals; unlike
        the correlation it depends on the amplitude. 1 is equal.
    correlation : float
        Pearson correlation, -1 to 1.
    shift : int
        Samples by which the first signal is later than the second where they are closest.
    """

    closeness: float
    correlation: float
    shift: int


def lead_similarity(first: Floats, second: Floats, max_shift: int) -> Similarity | None:
    """Compare two leads where both are shown, at the shift where they are closest.

    Parameters
    ----------
    first, second : float64 arrays, shape (samples,)
        NaN where not shown.
    max_shift : int
        Samples by which one may be shifted against the other.

    Returns
    -------
    Similarity or None
        None if they have too few samples in common.
    """
    shown_first, shown_second = np.isfinite(first), np.isfinite(second)
    if (shown_first & shown_second).sum() < 4 * max_shift:
        return None
    shifts = np.arange(-max_shift, max_shift + 1, 2)
    closeness = _closeness(first, second, shifts)
    best = int(np.argmax(closeness))
    shift = int(shifts[best])
    one = slice(max(shift, 0), len(first) + min(shift, 0))
    other = slice(max(-shift, 0), len(second) - max(shift, 0))
    shown = shown_first[one] & shown_second[other]
    a, b = first[one][shown], second[other][shown]
    a, b = a - a.mean(), b - b.mean()
    correlation = float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum() + 1e-12))
    return Similarity(float(closeness[best]), correlation, shift)


def _closeness(first: Floats, second: Floats, shifts: Indices) -> Floats:
    """``Similarity.closeness`` at each shift, by sums of products."""
    reach = int(shifts[-1])
    shown = np.flatnonzero(np.isfinite(second))
    inner = slice(int(shown[0]), int(shown[-1]) + 1)
    of_second = _powers(second[inner] - np.nanmean(second))
    of_first = _powers(np.pad(first, reach, constant_values=np.nan) - np.nanmean(first))
    # Sample k + shift of the first meets sample k of the second.
    facing = of_first[:, inner.start : inner.stop + 2 * reach]
    sums = {
        (p, q): np.correlate(facing[p], of_second[q], "valid")[:: shifts[1] - shifts[0]]
        for p in range(3)
        for q in range(3 - p)
    }
    count = np.maximum(sums[0, 0], 1.0)
    mean_a, mean_b = sums[1, 0] / count, sums[0, 1] / count
    power_a = np.maximum(sums[2, 0] / count - mean_a**2, 0.0)
    power_b = np.maximum(sums[0, 2] / count - mean_b**2, 0.0)
    product = sums[1, 1] / count - mean_a * mean_b
    size = np.sqrt((power_a + power_b) / 2) + 1e-9
    difference = np.sqrt(np.maximum(power_a + power_b - 2 * product, 0.0))
    return np.where(sums[0, 0] > 0, 1.0 - difference / size, -np.inf)


def _powers(values: Floats) -> Floats:
    """Powers 0, 1 and 2 of the values that are shown, 0 for the others; shape (3, samples)."""
    shown = np.isfinite(values)
    filled = np.where(shown, values, 0.0)
    return np.stack([shown, filled, filled**2])
