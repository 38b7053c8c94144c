"""What makes a tracing an ECG: steep complexes that repeat, with rest between them."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from heartsense.ecg import ECG
from heartsense.numeric import Floats, Indices, local_maxima, moving_mean, true_runs

SLOPE_SECONDS: Final = 0.02
"""Time over which a slope is taken: a QRS complex is that steep, P and T waves are not."""

SMOOTHING_SECONDS: Final = 0.06
MAXIMA_SECONDS: Final = 1.5
"""Every stretch this long holds a beat, from 40 beats a minute on."""

MIN_RELATIVE_PEAK: Final = 0.4
REFRACTORY_SECONDS: Final = 0.2
BEFORE, AFTER = 0.08, 0.14
"""Seconds of a complex before and after its steepest moment."""

MAX_SHIFT_SECONDS: Final = 0.03

MIN_TALL: Final = 0.4
"""Distance of a tall wave from the lead's median, relative to the lead's whole height."""

FLAT_TOLERANCE: Final = 0.03
"""Part of the lead's whole height within which a wave is at one height."""

MIN_TALL_WAVES: Final = 3

NEIGHBOURS: Final = 3
"""Complexes on each side with which one is compared: early beats come alone, in pairs, and as every
second, third or fourth one."""


@dataclass(frozen=True, slots=True)
class BeatEvidence:
    """Signs of heart beats in a tracing.

    Attributes
    ----------
    beats : int
        Steep complexes that were found.
    rate : float
        Complexes a minute, by their median distance; 0 with fewer than two.
    regularity : float
        Median deviation of their distances from the median one, relative to it.
    rest : float
        Median slope over that of the complexes: a heart rests most of the time, a wave never.
    similarity : float
        Median correlation of each complex with that neighbour in its lead which it is most like: in
        bigeminy only every second one is like another. Less where most neighbours are opposite, as
        the rise and fall of a wave are. -2 to 1; 0 where none can be compared.
    evenness : float
        Median height of the lower over the taller of these two, 0 to 1.
    width : float
        Median seconds for which a complex is steeper than half its steepest moment.
    amplitude : float
        Median millivolts from the lowest to the highest point of a lead.
    flat_seconds : float
        Median seconds for which a tall wave stays at one height; 0 with fewer than three of them.
    """

    beats: int
    rate: float
    regularity: float
    rest: float
    similarity: float
    evenness: float
    width: float
    amplitude: float
    flat_seconds: float = 0.0


def beat_evidence(ecg: ECG) -> BeatEvidence:
    """Look for heart beats in all leads at once.

    Parameters
    ----------
    ecg : ECG
        Missing samples are NaN.
    """
    signal = _shown_leads(ecg)
    if not signal.size:
        return BeatEvidence(0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0)
    steepness, typical, peaks = _complexes(signal, ecg.rate)
    similarity, evenness = _likeness(signal, peaks, ecg.rate)
    intervals = np.diff(peaks) / ecg.rate
    middle = float(np.median(intervals)) if len(intervals) else 0.0
    shown = steepness[np.isfinite(steepness)]
    with np.errstate(invalid="ignore"):
        spread = np.nanpercentile(signal, 99.5, axis=0) - np.nanpercentile(signal, 0.5, axis=0)
    return BeatEvidence(
        beats=len(peaks),
        rate=60 / middle if middle else 0.0,
        regularity=float(np.median(np.abs(intervals - middle))) / middle if middle else 1.0,
        rest=float(np.median(shown)) / typical if len(shown) and typical > 0 else 1.0,
        similarity=similarity,
        evenness=evenness,
        width=_width(steepness, peaks) / ecg.rate,
        amplitude=float(np.median(spread)),
        flat_seconds=_flat_seconds(signal, ecg.rate),
    )


def steep_moments(ecg: ECG) -> Indices:
    """Samples of the steepest moments of the complexes, ascending."""
    signal = _shown_leads(ecg)
    if not signal.size:
        return np.zeros(0, np.int64)
    return _complexes(signal, ecg.rate)[2]


def _shown_leads(ecg: ECG) -> Floats:
    """Leads of which enough is shown for a slope, millivolts, shape (samples, leads)."""
    signal = ecg.signal.astype(np.float64)
    return signal[:, np.isfinite(signal).sum(axis=0) > 2 * MAX_SHIFT_SECONDS * ecg.rate]


def _complexes(signal: Floats, rate: float) -> tuple[Floats, float, Indices]:
    """Steepness at each sample, its typical maximum, and the steepest moments of the complexes."""
    steepness = _steepness(signal, rate)
    typical = _typical_maximum(steepness, round(MAXIMA_SECONDS * rate))
    return steepness, typical, _peaks(steepness, typical, round(REFRACTORY_SECONDS * rate))


def _steepness(signal: Floats, rate: float) -> Floats:
    """Mean slope of the leads shown at each time, each relative to its own steep moments."""
    reach = round(SLOPE_SECONDS * rate / 2)
    slope = np.full(signal.shape, np.nan)
    slope[reach:-reach] = np.abs(signal[2 * reach :] - signal[: -2 * reach])
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.nanpercentile(slope, 98, axis=0)
        relative = np.minimum(slope / np.where(scale > 0, scale, np.nan), 1.5)
    count = np.isfinite(relative).sum(axis=1)
    mean = np.nansum(relative, axis=1) / np.where(count > 0, count, np.nan)
    return moving_mean(mean, max(1, round(SMOOTHING_SECONDS * rate)))


def _typical_maximum(steepness: Floats, window: int) -> float:
    parts = [steepness[i : i + window] for i in range(0, len(steepness), window)]
    maxima = [float(part[np.isfinite(part)].max()) for part in parts if np.isfinite(part).any()]
    return float(np.median(maxima)) if maxima else 0.0


def _peaks(steepness: Floats, typical: float, refractory: int) -> Indices:
    values = np.nan_to_num(steepness)
    candidates = local_maxima(values)
    candidates = candidates[values[candidates] > MIN_RELATIVE_PEAK * typical]
    kept: list[int] = []
    for peak in candidates[np.argsort(-values[candidates], kind="stable")]:
        if all(abs(int(peak) - other) >= refractory for other in kept):
            kept.append(int(peak))
    return np.array(sorted(kept), dtype=np.int64)


def _width(steepness: Floats, peaks: Indices) -> float:
    """Median samples round a peak that are above half of it."""
    values = np.nan_to_num(steepness)
    widths = []
    for peak in peaks:
        low = values < values[peak] / 2
        before, after = np.flatnonzero(low[:peak]), np.flatnonzero(low[peak:])
        left = int(before[-1]) + 1 if len(before) else 0
        widths.append(peak - left + (int(after[0]) if len(after) else len(values) - peak))
    return float(np.median(widths)) if widths else 0.0


def _flat_seconds(signal: Floats, rate: float) -> float:
    """Median time for which tall waves stay at one height: a heart's have tips."""
    lengths = [length for lead in signal.T for length in _flat_lengths(lead[np.isfinite(lead)])]
    return float(np.median(lengths)) / rate if len(lengths) >= MIN_TALL_WAVES else 0.0


def _flat_lengths(lead: Floats) -> list[int]:
    """Samples for which each tall wave of a lead stays near its median height."""
    height = float(np.ptp(lead))
    if height <= 0:
        return []
    relative = (lead - np.median(lead)) / height
    lengths = []
    for begin, end in true_runs(np.abs(relative) > MIN_TALL).tolist():
        wave = relative[begin:end]
        is_level = np.abs(wave - np.median(wave)) < FLAT_TOLERANCE
        lengths.append(int(np.diff(true_runs(is_level), axis=1).max(initial=0)))
    return lengths


def _likeness(signal: Floats, peaks: Indices, rate: float) -> tuple[float, float]:
    """Similarity and evenness of the complexes, lead by lead."""
    before, after, reach = (round(s * rate) for s in (BEFORE, AFTER, MAX_SHIFT_SECONDS))
    inner = peaks[(peaks >= before + reach) & (peaks < len(signal) - after - reach)]
    likest: list[float] = []
    all_pairs: list[float] = []
    ratios: list[float] = []
    for lead in signal.T:
        wide = [lead[p - before - reach : p + after + reach] for p in inner]
        wide = [w for w in wide if np.isfinite(w).all()]
        heights = np.array([float(np.ptp(w)) for w in wide])
        if len(wide) < 2 or heights.max() <= 0:
            continue
        correlations = _correlations(wide, reach)
        likest += np.nanmax(correlations, axis=1).tolist()
        all_pairs += correlations[np.isfinite(correlations)].tolist()
        pairs = np.stack([heights, heights[np.nanargmax(correlations, axis=1)]])
        ratios += (pairs.min(axis=0) / np.maximum(pairs.max(axis=0), 1e-12)).tolist()
    if not likest:
        return 0.0, 0.0
    opposite = min(float(np.median(all_pairs)), 0.0)
    return float(np.median(likest)) + opposite, float(np.median(ratios))


def _correlations(wide: list[Floats], reach: int) -> Floats:
    """Best correlation of each two neighbouring complexes, NaN of all others."""
    found = np.full((len(wide), len(wide)), np.nan)
    for i, complex_ in enumerate(wide):
        for j in range(i + 1, min(len(wide), i + 1 + NEIGHBOURS)):
            found[i, j] = found[j, i] = _best_correlation(complex_[reach:-reach], wide[j])
    return found


def _best_correlation(template: Floats, wide: Floats) -> float:
    """Highest correlation of a complex with any place in a wider stretch."""
    windows = np.lib.stride_tricks.sliding_window_view(wide, len(template))[::2]
    centred = windows - windows.mean(axis=1, keepdims=True)
    own = template - template.mean()
    size = np.sqrt((centred**2).sum(axis=1) * (own**2).sum())
    return float(((centred @ own) / np.maximum(size, 1e-12)).max())
