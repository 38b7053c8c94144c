"""Where the beats are: one R peak a beat over the whole time axis, from all leads at once."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import ECG
from heartsense.measurements.filters import (
    PROCESSING_RATE,
    Signal,
    box,
    fill_short_gaps,
    without_spikes,
)
from heartsense.measurements.preprocessing import preprocess

_REFRACTORY = 0.22
"""Seconds in which the heart cannot beat again (270 beats a minute)."""

_THRESHOLD = 0.35
"""Share of a usual QRS's energy that makes a beat."""

_SEARCH_BACK = 0.2
"""The same where a beat is overdue."""

_T_WAVE, _T_RATIO = 0.36, 0.65
"""Seconds after a beat in which a T wave passes for a beat weaker than this share of it."""

_P_WAVE, _P_RATIO = 0.26, 0.5
"""The same for P waves before a beat."""


_SAME_RHYTHM, _INSERTED_RATIO = 0.15, 1.2
"""Share of the usual RR interval by which a regular one may differ, and how much steeper than its
neighbours a beat between two regular ones must be."""

_UNSEEN = 0.1
"""Seconds without any lead in which a beat can have been lost."""


def find_r_peaks(ecg: ECG) -> NDArray[np.intp]:
    """Sample indices of the beats, ascending, at the ECG's own rate.

    Slopes over 24 ms (a band-pass round 20 Hz: QRS complexes pass, P and T waves do not) are put
    on one scale lead by lead and averaged over the leads shown at each time, so a beat is found
    whatever columns the page has. Thresholds follow Pan and Tompkins (IEEE Trans Biomed Eng
    1985;32:230-6): refractory time, weaker beats searched where one is overdue, T waves told by
    their slope.
    """
    peaks = working_peaks(preprocess(ecg))
    indices = np.rint(peaks * (ecg.rate / PROCESSING_RATE)).astype(np.intp)
    within: NDArray[np.intp] = np.minimum(indices, len(ecg.signal) - 1)
    return within


def working_peaks(signal: Signal) -> NDArray[np.intp]:
    """R peaks as indices into a working signal."""
    energy = slope_energy(signal)
    candidates = _local_maxima(energy)
    if len(candidates) == 0:
        return candidates
    level = _usual_maximum(energy, candidates)
    chosen = _choose(candidates, energy, level)
    return _snap_to_peak(signal, chosen)


def rr_intervals(signal: Signal, peaks: NDArray[np.intp]) -> Signal:
    """Seconds between neighbouring beats of a working signal; none across an unseen stretch."""
    unseen = np.cumsum(~np.isfinite(signal).any(axis=1))
    missing = np.diff(unseen[peaks]) / PROCESSING_RATE
    intervals: Signal = np.diff(peaks)[missing < _UNSEEN] / PROCESSING_RATE
    return intervals


def slope_energy(signal: Signal) -> Signal:
    """Mean normalised slope of the leads shown, smoothed over a QRS, shape (samples,)."""
    reach = 3
    signal = without_spikes(signal)
    slope = np.full(signal.shape, np.nan)
    slope[reach:-reach] = np.abs(signal[2 * reach :] - signal[: -2 * reach])
    scale = _block_maxima(slope, round(1.5 * PROCESSING_RATE))
    with np.errstate(invalid="ignore", divide="ignore"):
        floor = _column_medians(slope)
        contrast = np.clip(scale / np.maximum(floor, 1e-12), 1.0, 30.0) - 1.0
        relative = np.minimum(slope / np.where(scale > 0, scale, np.nan), 1.5)
    shown = np.isfinite(relative)
    weight = np.where(shown, np.nan_to_num(contrast), 0.0)
    total = weight.sum(axis=1)
    mean = (weight * np.where(shown, relative, 0.0)).sum(axis=1) / np.maximum(total, 1e-12)
    mean = np.where(total > 0, mean, np.nan)[:, None]
    bridged = fill_short_gaps(mean, 2 * reach + 4)  # no slope where one column of leads ends
    return np.nan_to_num(box(bridged, round(0.08 * PROCESSING_RATE))[:, 0])


def _column_medians(values: Signal) -> Signal:
    medians = np.full(values.shape[1], np.nan)
    for lead, column in enumerate(values.T):
        shown = column[np.isfinite(column)]
        if len(shown):
            medians[lead] = np.median(shown)
    return medians


def _block_maxima(values: Signal, width: int) -> Signal:
    """A usual maximum of each lead: the median over blocks of the blocks' maxima."""
    scale = np.full(values.shape[1], np.nan)
    for lead, column in enumerate(values.T):
        shown = column[np.isfinite(column)]
        if len(shown):
            blocks = max(len(shown) // width, 1)
            scale[lead] = np.median([block.max() for block in np.array_split(shown, blocks)])
    return scale


def _local_maxima(energy: Signal) -> NDArray[np.intp]:
    """Maxima that no higher value follows or precedes within the refractory time."""
    if len(energy) == 0:
        return np.zeros(0, dtype=np.intp)
    half = round(_REFRACTORY * PROCESSING_RATE) // 2
    padded = np.pad(energy, half, constant_values=-1.0)
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1).max(axis=1)
    maxima = np.flatnonzero((energy >= highest) & (energy > 0))
    apart = np.diff(maxima, prepend=-len(energy)) > half
    return maxima[apart]


def _usual_maximum(energy: Signal, candidates: NDArray[np.intp]) -> float:
    width = round(1.5 * PROCESSING_RATE)
    blocks = np.array_split(energy, max(len(energy) // width, 1))
    return float(np.median([block.max() for block in blocks if block.max() > 0]))


def _choose(candidates: NDArray[np.intp], energy: Signal, level: float) -> NDArray[np.intp]:
    strong = [int(c) for c in candidates if energy[c] > _THRESHOLD * level]
    strong = _without_p_and_t_waves(strong, energy)
    if len(strong) < 3:
        return np.array(strong, dtype=np.intp)
    usual = float(np.median(np.diff(strong)))
    strong = _without_inserted(strong, energy, usual)
    bounds = [-int(usual), *strong, len(energy) + int(usual)]
    found = list(strong)
    for before, after in pairwise(bounds):
        if after - before > 1.66 * usual:
            found += _overdue(candidates, energy, before, after, usual, level)
    return np.array(sorted(found), dtype=np.intp)


def _without_inserted(peaks: list[int], energy: Signal, usual: float) -> list[int]:
    """Drop what lies on a T wave and leaves the rhythm round it as it was.

    A giant T wave can be as steep as a beat, but the beats before and after it keep their usual
    distance. An interpolated ectopic beat does too: it comes later, or is steeper than both.
    """
    kept = peaks[:1]
    for peak, after in zip(peaks[1:], [*peaks[2:], None], strict=True):
        on_t_wave = peak - kept[-1] < _T_WAVE * PROCESSING_RATE
        undisturbed = after is not None and abs((after - kept[-1]) / usual - 1) < _SAME_RHYTHM
        steeper = after is not None and (
            energy[peak] >= _INSERTED_RATIO * max(energy[kept[-1]], energy[after])
        )
        if not (on_t_wave and undisturbed) or steeper:
            kept.append(peak)
    return kept


def _overdue(
    candidates: NDArray[np.intp],
    energy: Signal,
    before: int,
    after: int,
    usual: float,
    level: float,
) -> list[int]:
    margin = max(_T_WAVE * PROCESSING_RATE, 0.5 * usual)
    inside = candidates[(candidates > before + margin) & (candidates < after - margin)]
    return [int(c) for c in inside if energy[c] > _SEARCH_BACK * level]


def _without_p_and_t_waves(peaks: list[int], energy: Signal) -> list[int]:
    """Drop what comes too soon after a beat, or before one, and is much weaker than it."""
    kept: list[int] = []
    for peak in peaks:
        if kept:
            gap = (peak - kept[-1]) / PROCESSING_RATE
            ratio = energy[peak] / energy[kept[-1]]
            if gap < _T_WAVE and ratio < _T_RATIO:
                continue
            if gap < _REFRACTORY or (gap < _P_WAVE and ratio > 1 / _P_RATIO):
                kept[-1] = peak if ratio > 1 else kept[-1]
                continue
        kept.append(peak)
    return kept


def _snap_to_peak(signal: Signal, peaks: NDArray[np.intp]) -> NDArray[np.intp]:
    """Move each beat to the greatest deflection over the leads within 60 ms."""
    deflection = np.abs(signal - box(signal, round(0.3 * PROCESSING_RATE)))
    scale = _block_maxima(deflection, round(1.5 * PROCESSING_RATE))
    relative = deflection / np.where(scale > 0, scale, np.nan)
    shown = np.isfinite(relative)
    size = np.where(shown, relative, 0.0).sum(axis=1) / np.maximum(shown.sum(axis=1), 1)
    reach = round(0.06 * PROCESSING_RATE)
    snapped = []
    for peak in peaks:
        first = max(peak - reach, 0)
        snapped.append(first + int(np.argmax(size[first : peak + reach + 1])))
    return np.unique(np.array(snapped, dtype=np.intp))
