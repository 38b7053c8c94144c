"""How much the stretch before the QRS complexes repeats from beat to beat.

P waves do, however low they are; what fibrillating atria draw does not. Whether the leads' P peaks
agree in time, in the median beat, tells less of low waves.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import ECG
from heartsense.measurements.analysis import Analysis, analyse
from heartsense.measurements.beats import beat_windows
from heartsense.measurements.preprocessing import PROCESSING_RATE, Signal
from heartsense.numeric import median

P_COHERENCE_NAMES: Final = ("p_coherence", "p_coherence_II", "p_coherence_V1")
"""Names of ``p_coherence``: of all leads together, then of the two that show P waves best."""

_REACH: Final = 0.28
_END: Final = 0.01
"""Seconds before the QRS onset between which it is compared."""

_T_END: Final = 0.4
"""Seconds after the beat before, at a rate of 60, that hold its T wave; more when slower."""

_MIN_SAMPLES: Final = 20
_LEVEL_SAMPLES: Final = 3
"""Samples at either end whose means are the ends of the line that is removed."""


def p_coherence(ecg: ECG | Analysis) -> NDArray[np.float64]:
    """Values of ``P_COHERENCE_NAMES``: the mean product of two beats over that of a beat by itself.

    1 is the same in each beat, 0 unlike in all. Leads count by the height of what they show there,
    over that of their QRS complexes, so no value depends on a gain.

    Returns
    -------
    float64 array, shape (3,)
        NaN where fewer than two beats of the dominant rhythm show it.
    """
    found = analyse(ecg)
    part = _part(found)
    if part is None:
        return np.full(len(P_COHERENCE_NAMES), np.nan)
    peaks = found.peaks[found.beats.dominant]
    stretches = np.moveaxis(beat_windows(found.signal, peaks, *part), 2, 0)
    powers = np.array([_powers(of_lead) for of_lead in stretches])
    heights = np.ptp(np.nan_to_num(found.beats.beats), axis=1).astype(np.float64)
    common, own = np.nansum(powers / np.maximum(heights, 1e-9)[:, None] ** 2, axis=0)
    of_leads = dict(zip(found.ecg.leads, powers, strict=True))
    unknown = np.full(2, np.nan)
    single = [_ratio(*of_leads.get(lead, unknown)) for lead in ("II", "V1")]
    return np.array([_ratio(common, own), *single])


def _part(found: Analysis) -> tuple[int, int] | None:
    """First and last sample, from the R peak, of what lies between T wave and QRS complex."""
    onset = found.fiducials.qrs_onset
    if onset is None or not len(found.rr):
        return None
    rr = median(found.rr)
    start = max(onset - _REACH, _T_END * np.sqrt(rr) - rr)
    first, last = round(start * PROCESSING_RATE), round((onset - _END) * PROCESSING_RATE)
    return (first, last) if last - first >= _MIN_SAMPLES else None


def _powers(beats: Signal) -> tuple[float, float]:
    """Mean product of two beats, and of a beat by itself, each less the line through its ends.

    NaN where fewer than two beats, of shape (beats, samples), are shown.
    """
    shown = beats[np.isfinite(beats).all(axis=1)]
    count = len(shown)
    if count < 2:
        return float("nan"), float("nan")
    first = shown[:, :_LEVEL_SAMPLES].mean(axis=1, keepdims=True)
    last = shown[:, -_LEVEL_SAMPLES:].mean(axis=1, keepdims=True)
    waves = shown - first - (last - first) * np.linspace(0.0, 1.0, shown.shape[1])
    waves -= waves.mean(axis=1, keepdims=True)
    own = float((waves**2).sum())
    common = float((waves.sum(axis=0) ** 2).sum()) - own
    return common / (count * (count - 1)), own / count


def _ratio(common: float, own: float) -> float:
    """Their ratio; NaN where nothing is shown."""
    return common / own if own > 0 else float("nan")
