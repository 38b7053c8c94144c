"""R-peak detection from all leads at once.

The steps are those of Pan and Tompkins ("A real-time QRS detection algorithm", IEEE Trans Biomed
Eng 1985;32:230-6): a slope signal, an adaptive threshold with a refractory period, search-back for
missed beats, T waves rejected by their slope.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import ECG
from heartsense.measurements.preprocessing import (
    PROCESSING_RATE,
    Signal,
    interpolate_short_gaps,
    moving_average,
    preprocess,
    remove_spikes,
)
from heartsense.numeric import centred_windows, median

_REFRACTORY_PERIOD = 0.22
"""Seconds after a beat in which no other can follow (270 beats a minute)."""

_DETECTION_THRESHOLD = 0.35
"""Fraction of the typical QRS energy above which a peak is a beat."""

_SEARCH_BACK_THRESHOLD = 0.2
"""The same fraction where a beat is overdue."""

_T_WAVE_WINDOW, _T_WAVE_ENERGY_RATIO = 0.36, 0.65
"""A peak this soon (s) after a beat, with less than this fraction of its energy, is a T wave."""

_T_WAVE_SLOPE_RATIO = 0.5
"""A peak this soon after a beat that is less than half as steep is a T wave too."""

_STEEPEST_WITHIN = 0.05
"""Seconds round the middle of a complex in which it is steepest."""

_P_WAVE_WINDOW, _P_WAVE_ENERGY_RATIO = 0.26, 0.5
"""The same for P waves before a beat."""

_RR_TOLERANCE, _INTERPOLATED_ENERGY_RATIO = 0.15, 1.2
"""Fraction of the median RR interval by which a regular one may differ, and the energy over its
neighbours' that a beat between two regular ones must have."""

_MAX_HIDDEN_TIME = 0.1
"""Seconds without any lead in which a beat may be hidden."""


def find_r_peaks(ecg: ECG) -> NDArray[np.intp]:
    """Detect the R peaks.

    Slopes over 24 ms (a band-pass round 20 Hz that passes QRS complexes and suppresses P and T
    waves) are normalised lead by lead and averaged over the leads shown at each time, so beats are
    found in every column of a page.

    Returns
    -------
    int array, shape (peaks,)
        Sample indices at the ECG's own rate, ascending.
    """
    return peaks_at_rate(find_r_peaks_preprocessed(preprocess(ecg)), ecg)


def peaks_at_rate(peaks: NDArray[np.intp], ecg: ECG) -> NDArray[np.intp]:
    """Peaks of the preprocessed signal as sample indices of the ECG itself."""
    indices = np.rint(peaks * (ecg.rate / PROCESSING_RATE)).astype(np.intp)
    within: NDArray[np.intp] = np.minimum(indices, len(ecg.signal) - 1)
    return within


def find_r_peaks_preprocessed(signal: Signal, slope: Signal | None = None) -> NDArray[np.intp]:
    """``find_r_peaks`` of a preprocessed signal; the result indexes into it.

    Parameters
    ----------
    signal : float64 array, shape (samples, leads)
    slope : float64 array, shape (samples,), optional
        As ``mean_slope`` gives it, where it is known already.
    """
    slope = mean_slope(signal) if slope is None else slope
    energy = slope_energy(slope)
    candidates = _candidate_peaks(energy)
    if len(candidates) == 0:
        return candidates
    typical_energy = _typical_maximum(energy)
    selected = _select_qrs_peaks(candidates, energy, typical_energy)
    return _without_t_waves(_snap_to_r_peak(signal, selected), _steepest(slope, selected))


def rr_intervals(signal: Signal, peaks: NDArray[np.intp]) -> Signal:
    """RR intervals in seconds, without those that span a gap in all leads.

    Parameters
    ----------
    signal : float64 array, shape (samples, leads)
        Preprocessed.
    peaks : int array, shape (peaks,)

    Returns
    -------
    float64 array, shape (intervals,)
    """
    hidden_samples = np.cumsum(~np.isfinite(signal).any(axis=1))
    hidden = np.diff(hidden_samples[peaks]) / PROCESSING_RATE
    intervals: Signal = np.diff(peaks)[hidden < _MAX_HIDDEN_TIME] / PROCESSING_RATE
    return intervals


def mean_slope(signal: Signal) -> Signal:
    """Mean normalised slope of the leads shown, shape (samples,); NaN where none is."""
    reach = 3
    signal = remove_spikes(signal)
    slope = np.full(signal.shape, np.nan)
    slope[reach:-reach] = np.abs(signal[2 * reach :] - signal[: -2 * reach])
    scale = _typical_maxima(slope, round(1.5 * PROCESSING_RATE))
    with np.errstate(invalid="ignore", divide="ignore"):
        noise = _column_medians(slope)
        contrast = np.clip(scale / np.maximum(noise, 1e-12), 1.0, 30.0) - 1.0
        relative = np.minimum(slope / np.where(scale > 0, scale, np.nan), 1.5)
    shown = np.isfinite(relative)
    weight = np.where(shown, np.nan_to_num(contrast), 0.0)
    total = weight.sum(axis=1)
    mean = (weight * np.where(shown, relative, 0.0)).sum(axis=1) / np.maximum(total, 1e-12)
    mean = np.where(total > 0, mean, np.nan)[:, None]
    # There is no slope where one column of leads ends.
    bridged: Signal = interpolate_short_gaps(mean, 2 * reach + 4)[:, 0]
    return bridged


def slope_energy(slope: Signal) -> Signal:
    """What ``mean_slope`` gives, averaged over 80 ms, shape (samples,)."""
    return np.nan_to_num(moving_average(slope[:, None], round(0.08 * PROCESSING_RATE))[:, 0])


def _column_medians(values: Signal) -> Signal:
    medians = np.full(values.shape[1], np.nan)
    for lead, column in enumerate(values.T):
        shown = column[np.isfinite(column)]
        if len(shown):
            medians[lead] = median(shown)
    return medians


def _typical_maxima(values: Signal, width: int) -> Signal:
    """Typical maximum of each lead: the median of the maxima of its blocks, shape (leads,)."""
    scale = np.full(values.shape[1], np.nan)
    for lead, column in enumerate(values.T):
        shown = column[np.isfinite(column)]
        if len(shown):
            scale[lead] = median(_block_maxima(shown, width))
    return scale


def _block_maxima(values: Signal, width: int) -> Signal:
    """Maxima of blocks of about that many values, all of one size or one more."""
    blocks = max(len(values) // width, 1)
    size, longer = divmod(len(values), blocks)
    number = np.arange(blocks)
    maxima: Signal = np.maximum.reduceat(values, number * size + np.minimum(number, longer))
    return maxima


def _candidate_peaks(energy: Signal) -> NDArray[np.intp]:
    """Maxima without a higher value within half the refractory period."""
    if len(energy) == 0:
        return np.zeros(0, dtype=np.intp)
    half = round(_REFRACTORY_PERIOD * PROCESSING_RATE) // 2
    highest = centred_windows(energy, half, fill=-1.0).max(axis=1)
    maxima = np.flatnonzero((energy >= highest) & (energy > 0))
    apart = np.diff(maxima, prepend=-len(energy)) > half
    return maxima[apart]


def _typical_maximum(energy: Signal) -> float:
    width = round(1.5 * PROCESSING_RATE)
    maxima = _block_maxima(energy, width)
    return median(maxima[maxima > 0])


def _select_qrs_peaks(
    candidates: NDArray[np.intp], energy: Signal, typical_energy: float
) -> NDArray[np.intp]:
    strong = [int(c) for c in candidates if energy[c] > _DETECTION_THRESHOLD * typical_energy]
    strong = _reject_p_and_t_waves(strong, energy)
    if len(strong) < 3:
        return np.array(strong, dtype=np.intp)
    median_rr = median(np.diff(strong).astype(np.float64))
    strong = _reject_inserted_peaks(strong, energy, median_rr)
    bounds = [-int(median_rr), *strong, len(energy) + int(median_rr)]
    found = list(strong)
    for before, after in pairwise(bounds):
        if after - before > 1.66 * median_rr:
            found += _search_back(candidates, energy, before, after, median_rr, typical_energy)
    return np.array(sorted(found), dtype=np.intp)


def _reject_inserted_peaks(peaks: list[int], energy: Signal, median_rr: float) -> list[int]:
    """Drop peaks on a T wave that leave the RR interval round them as it was.

    A giant T wave can be as steep as a QRS complex, but the beats round it keep their RR
    interval. An interpolated ectopic beat leaves it too: it comes later or is steeper than both.
    """
    kept = peaks[:1]
    for peak, after in zip(peaks[1:], [*peaks[2:], None], strict=True):
        on_t_wave = peak - kept[-1] < _T_WAVE_WINDOW * PROCESSING_RATE
        undisturbed = after is not None and abs((after - kept[-1]) / median_rr - 1) < _RR_TOLERANCE
        steeper = after is not None and (
            energy[peak] >= _INTERPOLATED_ENERGY_RATIO * max(energy[kept[-1]], energy[after])
        )
        if not (on_t_wave and undisturbed) or steeper:
            kept.append(peak)
    return kept


def _search_back(
    candidates: NDArray[np.intp],
    energy: Signal,
    before: int,
    after: int,
    median_rr: float,
    typical_energy: float,
) -> list[int]:
    margin = max(_T_WAVE_WINDOW * PROCESSING_RATE, 0.5 * median_rr)
    inside = candidates[(candidates > before + margin) & (candidates < after - margin)]
    return [int(c) for c in inside if energy[c] > _SEARCH_BACK_THRESHOLD * typical_energy]


def _reject_p_and_t_waves(peaks: list[int], energy: Signal) -> list[int]:
    """Drop peaks that come too soon after or before a beat and are much weaker than it."""
    kept: list[int] = []
    for peak in peaks:
        if kept:
            gap = (peak - kept[-1]) / PROCESSING_RATE
            ratio = energy[peak] / energy[kept[-1]]
            if gap < _T_WAVE_WINDOW and ratio < _T_WAVE_ENERGY_RATIO:
                continue
            if gap < _REFRACTORY_PERIOD or (
                gap < _P_WAVE_WINDOW and ratio > 1 / _P_WAVE_ENERGY_RATIO
            ):
                kept[-1] = peak if ratio > 1 else kept[-1]
                continue
        kept.append(peak)
    return kept


def _snap_to_r_peak(signal: Signal, peaks: NDArray[np.intp]) -> NDArray[np.intp]:
    """Move each beat to the greatest mean deflection of the leads within 60 ms."""
    deflection = np.abs(signal - moving_average(signal, round(0.3 * PROCESSING_RATE)))
    scale = _typical_maxima(deflection, round(1.5 * PROCESSING_RATE))
    relative = deflection / np.where(scale > 0, scale, np.nan)
    shown = np.isfinite(relative)
    amplitude = np.where(shown, relative, 0.0).sum(axis=1) / np.maximum(shown.sum(axis=1), 1)
    reach = round(0.06 * PROCESSING_RATE)
    firsts = np.maximum(peaks - reach, 0)
    snapped = [
        first + int(np.argmax(amplitude[first : peak + reach + 1]))
        for first, peak in zip(firsts, peaks, strict=True)
    ]
    return np.array(snapped, dtype=np.intp)


def _steepest(slope: Signal, peaks: NDArray[np.intp]) -> Signal:
    """How steep the complex round each peak is, shape (peaks,)."""
    within = round(_STEEPEST_WITHIN * PROCESSING_RATE)
    steepest: Signal = centred_windows(np.nan_to_num(slope), within, fill=0.0)[peaks].max(axis=1)
    return steepest


def _without_t_waves(peaks: NDArray[np.intp], steepness: Signal) -> NDArray[np.intp]:
    """Peaks in ascending order, each once, without those of T waves.

    Asked of the waves' peaks, since a T wave is steepest after its own; and of the slope, as by Pan
    and Tompkins: that of a tall T wave lasts longer, so its energy may be a complex's.
    """
    kept: list[tuple[int, float]] = []
    for peak, steep in zip(peaks.tolist(), steepness.tolist(), strict=True):
        if kept:
            before, steep_before = kept[-1]
            is_soon = peak - before < _T_WAVE_WINDOW * PROCESSING_RATE
            if peak <= before or (is_soon and steep < _T_WAVE_SLOPE_RATIO * steep_before):
                continue
        kept.append((peak, steep))
    return np.array([peak for peak, _ in kept], dtype=np.intp)
