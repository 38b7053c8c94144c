"""One vector a classifier can learn from: the same names and order for every ECG."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import ECG, LEADS
from heartsense.measurements.beats import MedianBeats, working_beats
from heartsense.measurements.filters import Signal
from heartsense.measurements.intervals import Fiducials, delineate
from heartsense.measurements.measure import measurements_of, usual_interval
from heartsense.measurements.morphology import SUMMARY_NAMES, WAVES, summary, wave_sizes
from heartsense.measurements.preprocessing import preprocess
from heartsense.measurements.rhythm import RHYTHM_NAMES, rhythm_features
from heartsense.measurements.rpeaks import rr_intervals, slope_energy, working_peaks

_TIMES: Final = np.concatenate(
    (np.arange(-0.24, -0.08, 0.016), np.arange(-0.08, 0.1, 0.012), np.arange(0.1, 0.49, 0.02))
)
_LIMB = 6
_INTERVALS = ("pr_ms", "qrs_ms", "qt_ms", "qtc_ms")

_SHAPE_NAMES: Final = (
    *RHYTHM_NAMES,
    *_INTERVALS,
    "p_found",
    "p_scatter",
    "p_size",
    *(f"relative_size_{lead}" for lead in LEADS[:_LIMB]),
    *SUMMARY_NAMES,
    *(f"{wave}_share_{lead}" for lead in LEADS for wave in WAVES),
    *(f"beat_{lead}_{round(1000 * t)}ms" for lead in LEADS for t in _TIMES),
)
_VOLTAGE_NAMES: Final = (
    "sokolow_lyon_mv",
    "cornell_mv",
    *(f"size_mv_{lead}" for lead in LEADS),
    *(f"{wave}_mv_{lead}" for lead in LEADS for wave in WAVES),
)

FEATURE_NAMES: Final[tuple[str, ...]] = (*_SHAPE_NAMES, *_VOLTAGE_NAMES)
"""Names of ``signal_features``, in order."""

FEATURE_GROUPS: Final[tuple[str, ...]] = ("shape",) * len(_SHAPE_NAMES) + ("voltage",) * len(
    _VOLTAGE_NAMES
)
"""Group of each feature: ``shape`` needs no absolute millivolts, ``voltage`` does.

Shape features do not change when a chest lead is multiplied by a constant, nor when all six limb
leads are multiplied by the same constant.
"""


def signal_features(ecg: ECG) -> NDArray[np.float32]:
    """What a classifier needs of an ECG, shape (len(FEATURE_NAMES),).

    NaN where the page does not show what a feature needs. A single unnamed strip has rhythm and
    intervals alone.
    """
    signal = preprocess(ecg)
    peaks = working_peaks(signal)
    beats = working_beats(signal, peaks, ecg.leads, 0.4, 0.6)
    rr = rr_intervals(signal, peaks)
    marks = delineate(beats, usual_interval(rr))
    rows = _standard_rows(beats)
    size = _sizes(rows, beats.seconds)
    unit = rows / np.where(size > 0, size, np.nan)[:, None]
    shape = np.concatenate(
        (
            rhythm_features(signal, slope_energy(signal), peaks, rr),
            _intervals(rr, beats, marks),
            _relative_sizes(size),
            summary(rows, unit, beats.seconds, marks),
            wave_sizes(unit, beats.seconds, marks).ravel(),
            _resampled(unit, beats.seconds).ravel(),
        )
    )
    voltage = _voltages(rr, beats, marks, rows, size)
    return np.concatenate((shape, voltage)).astype(np.float32)


def _standard_rows(beats: MedianBeats) -> Signal:
    """The twelve leads' beats in standard order, NaN where absent."""
    rows = np.full((len(LEADS), beats.beats.shape[1]), np.nan)
    for index, lead in enumerate(LEADS):
        if lead in beats.leads:
            rows[index] = beats.lead(lead)
    return rows


def _sizes(rows: Signal, seconds: Signal) -> Signal:
    """Standard deviation of each lead's beat from P to T, NaN where not shown."""
    part = rows[:, (seconds > -0.25) & (seconds < 0.4)]
    sizes = np.full(len(rows), np.nan)
    shown = np.isfinite(part).mean(axis=1) > 0.8
    sizes[shown] = np.nanstd(part[shown], axis=1)
    return sizes


def _relative_sizes(size: Signal) -> Signal:
    """Each limb lead's size over the limb leads' mean; NaN unless all six are shown."""
    limb = size[:_LIMB]
    relative: Signal = limb / limb.mean()
    return relative


def _intervals(rr: Signal, beats: MedianBeats, marks: Fiducials) -> Signal:
    found = measurements_of(rr, beats, marks)
    values = [getattr(found, name) for name in _INTERVALS]
    values += [float(marks.p_onset is not None), marks.p_scatter, marks.p_size]
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)


def _resampled(rows: Signal, seconds: Signal) -> Signal:
    """Each row at ``_TIMES``, NaN beyond what is shown."""
    return np.array([np.interp(_TIMES, seconds, row) for row in rows])


def _voltages(
    rr: Signal, beats: MedianBeats, marks: Fiducials, rows: Signal, size: Signal
) -> Signal:
    found = measurements_of(rr, beats, marks)
    criteria = [np.nan if v is None else v for v in (found.sokolow_lyon_mv, found.cornell_mv)]
    return np.concatenate((criteria, size, wave_sizes(rows, beats.seconds, marks).ravel()))
