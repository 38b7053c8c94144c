"""The median beat of each lead: what the heart does in its usual rhythm, noise taken out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import ECG
from heartsense.measurements.filters import PROCESSING_RATE, Signal, box
from heartsense.measurements.preprocessing import preprocess

BEFORE = 0.3
AFTER = 0.5
"""Seconds of a median beat before and after the R peak."""

_SAME_SHAPE = 0.7
"""Correlation of QRS and ST above which two beats have one origin."""

_PREMATURE = 0.8
"""A beat that comes within this share of the usual RR interval is premature."""

_PR_LEVEL = (-0.11, -0.07)
"""Seconds round the R peak where the PR segment gives the zero line."""


@dataclass(frozen=True, slots=True)
class MedianBeats:
    """Median beats of the dominant rhythm.

    Attributes
    ----------
    beats : float32 array, shape (leads, samples)
        The signal's unit over time, zero on the PR segment; NaN where a lead is not shown.
    rate : float
        Samples a second (Hz).
    zero : int
        Index of the R peak along the samples.
    leads : tuple of str
        The rows' names.
    dominant : bool array, shape (peaks,)
        Which of the beats handed in belong to the dominant rhythm.
    """

    beats: NDArray[np.float32]
    rate: float
    zero: int
    leads: tuple[str, ...]
    dominant: NDArray[np.bool_]

    @property
    def seconds(self) -> NDArray[np.float64]:
        """Time of each sample from the R peak in seconds, shape (samples,)."""
        return (np.arange(self.beats.shape[1]) - self.zero) / self.rate

    def lead(self, name: str) -> NDArray[np.float32]:
        """One lead's median beat, shape (samples,). KeyError if absent."""
        try:
            row: NDArray[np.float32] = self.beats[self.leads.index(name)]
        except ValueError:
            raise KeyError(name) from None
        return row


def median_beats(
    ecg: ECG, peaks: NDArray[np.intp], before: float = BEFORE, after: float = AFTER
) -> MedianBeats:
    """Median over the dominant beats of each lead at 250 Hz.

    Beats are grouped by the correlation of their shapes and by prematurity; the largest group is
    the dominant rhythm; a lead that shows none of them has the median of what it shows. The zero
    line runs through the PR segments, so baseline wander and a trace's offset drop out.

    Parameters
    ----------
    peaks : int array
        R peaks as ``find_r_peaks`` gives them.
    before, after : float
        Seconds round the R peak.
    """
    signal = preprocess(ecg)
    at = np.rint(peaks * (PROCESSING_RATE / ecg.rate)).astype(np.intp)
    return working_beats(signal, at, ecg.leads, before, after)


def working_beats(
    signal: Signal,
    peaks: NDArray[np.intp],
    leads: tuple[str, ...],
    before: float = BEFORE,
    after: float = AFTER,
) -> MedianBeats:
    """Median beats of a working signal; ``peaks`` index into it."""
    dominant = dominant_beats(signal, peaks)
    first, last = -round(before * PROCESSING_RATE), round(after * PROCESSING_RATE)
    medians = _medians(signal, peaks[dominant], first, last)
    unseen = ~np.isfinite(medians[-first]) & np.isfinite(signal).any(axis=0)
    if unseen.any():
        medians[:, unseen] = _medians(signal[:, unseen], peaks, first, last)
    return MedianBeats(
        beats=medians.T.astype(np.float32),
        rate=PROCESSING_RATE,
        zero=-first,
        leads=leads,
        dominant=dominant,
    )


def _medians(signal: Signal, peaks: NDArray[np.intp], first: int, last: int) -> Signal:
    aligned = _align(signal, peaks)
    level = _zero_line(signal, aligned)
    return finite_median(windows(signal - level, aligned, first, last))


def windows(signal: Signal, peaks: NDArray[np.intp], first: int, last: int) -> Signal:
    """Stretches ``peak + first`` to ``peak + last``; shape (peaks, samples, leads), NaN outside."""
    margin = max(-first, last, 0) + 1
    padded = np.pad(signal, ((margin, margin), (0, 0)), constant_values=np.nan)
    picked = peaks[:, None] + np.arange(first, last)[None, :] + margin
    stretches: Signal = padded[picked]
    return stretches


def finite_median(values: Signal) -> Signal:
    """Median along the first axis over finite values; NaN where there is none."""
    if len(values) == 0:
        return np.full(values.shape[1:], np.nan)
    ordered = np.sort(values, axis=0)
    count = np.isfinite(values).sum(axis=0)
    low, high = np.maximum(count - 1, 0) // 2, count // 2
    high = np.minimum(high, np.maximum(count - 1, 0))
    lower = np.take_along_axis(ordered, low[None], axis=0)[0]
    upper = np.take_along_axis(ordered, high[None], axis=0)[0]
    median: Signal = (lower + upper) / 2
    return median


def dominant_beats(signal: Signal, peaks: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which beats belong to the largest group of one shape that comes in time."""
    if len(peaks) < 3:
        return np.ones(len(peaks), dtype=bool)
    alike = _same_as_medoid(similarity(signal, peaks))
    intervals = np.diff(peaks).astype(np.float64)
    premature = np.concatenate(([False], intervals < _PREMATURE * np.median(intervals)))
    in_time = alike & ~premature
    return in_time if in_time.sum() >= max(2, len(peaks) // 3) else alike


def similarity(signal: Signal, peaks: NDArray[np.intp]) -> Signal:
    """Correlation of every two beats over the leads that show both; NaN where none does.

    Noise is smoothed and each lead freed of drift and scaled by its own size, so a lead's offset
    and gain do not matter.
    """
    first, last = -round(0.1 * PROCESSING_RATE), round(0.24 * PROCESSING_RATE)
    beats = windows(box(signal, 5), peaks, first, last)
    complete = np.asarray(np.isfinite(beats).all(axis=1), dtype=np.bool_)
    centred = np.where(complete[:, None, :], _without_drift(beats), 0.0)
    norm = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    unit = centred / np.maximum(norm, 1e-12)
    correlation = np.einsum("isl,jsl->ij", unit, unit)
    both = complete.astype(np.float64) @ complete.T.astype(np.float64)
    return np.where(both > 0, correlation / np.maximum(both, 1.0), np.nan)


def _without_drift(beats: Signal) -> Signal:
    """Each beat less its straight-line fit over the samples; shape (peaks, samples, leads)."""
    ramp = np.linspace(-1.0, 1.0, beats.shape[1])
    centred = beats - beats.mean(axis=1, keepdims=True)
    slope = np.einsum("s,bsl->bl", ramp, centred) / (ramp**2).sum()
    level: Signal = centred - ramp[None, :, None] * slope[:, None, :]
    return level


def _same_as_medoid(alike: Signal) -> NDArray[np.bool_]:
    """Beats like the medoid; beats that cannot be compared with it find one among themselves."""
    member = np.zeros(len(alike), dtype=bool)
    left = np.arange(len(alike))
    while len(left):
        part = alike[np.ix_(left, left)]
        votes = np.nan_to_num(part > _SAME_SHAPE).sum(axis=1) + np.nan_to_num(part).mean(axis=1)
        row = part[int(np.argmax(votes))]
        comparable = np.isfinite(row)
        if not comparable.any():
            break
        member[left[comparable & (np.nan_to_num(row) > _SAME_SHAPE)]] = True
        left = left[~comparable]
    return member


def _align(signal: Signal, peaks: NDArray[np.intp]) -> NDArray[np.intp]:
    """Shift each beat by up to 20 ms to where its slopes fit the median beat's best."""
    reach = round(0.02 * PROCESSING_RATE)
    first, last = -round(0.1 * PROCESSING_RATE), round(0.1 * PROCESSING_RATE)
    slopes = np.diff(signal, axis=0, append=np.nan)
    template = np.nan_to_num(finite_median(windows(slopes, peaks, first, last)))
    template /= np.maximum(np.sqrt((template**2).sum(axis=0)), 1e-12)
    wide = np.nan_to_num(windows(slopes, peaks, first - reach, last + reach))
    fits = [
        np.einsum("bsl,sl->b", wide[:, shift : shift + last - first], template)
        for shift in range(2 * reach + 1)
    ]
    if len(peaks) == 0:
        return peaks
    shifted: NDArray[np.intp] = peaks + np.argmax(np.array(fits), axis=0) - reach
    return shifted


def _zero_line(signal: Signal, peaks: NDArray[np.intp]) -> Signal:
    """Straight lines through the PR segments of each lead, shape (samples, leads)."""
    first, last = (round(s * PROCESSING_RATE) for s in _PR_LEVEL)
    levels = finite_median(np.moveaxis(windows(signal, peaks, first, last), 1, 0))
    at = peaks + (first + last) / 2
    line = np.zeros(signal.shape)
    for lead, level in enumerate(levels.T):
        known = np.isfinite(level)
        if known.any():
            line[:, lead] = np.interp(np.arange(len(signal)), at[known], level[known])
        else:
            shown = signal[np.isfinite(signal[:, lead]), lead]
            line[:, lead] = np.median(shown) if len(shown) else 0.0
    return line
