"""Waves of the median beats in numbers: sizes per lead, and how the leads go together."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import LEADS
from heartsense.measurements.filters import Signal
from heartsense.measurements.intervals import Fiducials

WAVES: Final = ("q", "r", "s", "j", "st60", "st80", "t_max", "t_min")
"""Per lead: Q, R and S peaks, J point, ST 60 and 80 ms after it, T's highest and lowest."""

SUMMARY_NAMES: Final = (
    "qrs_axis_deg",
    "initial_axis_deg",
    "t_axis_deg",
    "qrs_t_angle_deg",
    *(f"r_part_{lead}" for lead in LEADS),
    *(f"activation_ms_{lead}" for lead in LEADS),
    "transition_lead",
    "discordant_t_share",
    "st60_highest",
    "st60_lowest",
    "st60_mean",
    "t_mean",
)
"""Of beats in units of their leads' own size: axes, R's part of QRS, time to R, repolarisation."""

_CHEST: Final = slice(6, 12)


def wave_sizes(rows: Signal, seconds: Signal, marks: Fiducials) -> Signal:
    """``WAVES`` of each lead in the rows' unit, shape (leads, waves); NaN where not shown."""
    values = np.full((len(rows), len(WAVES)), np.nan)
    if marks.qrs_onset is None or marks.qrs_offset is None:
        return values
    qrs = (seconds >= marks.qrs_onset) & (seconds <= marks.qrs_offset)
    late = (seconds > marks.qrs_offset + 0.08) & (seconds < marks.qrs_offset + 0.36)
    delays = [
        int(np.argmin(np.abs(seconds - marks.qrs_offset - delay))) for delay in (0, 0.06, 0.08)
    ]
    for index, row in enumerate(rows):
        deflection, tail = row[qrs], row[late]
        if len(deflection) == 0 or not np.isfinite(deflection).all():
            continue
        top = int(np.argmax(deflection))
        values[index, :3] = (
            min(deflection[: top + 1].min(), 0.0),
            max(deflection[top], 0.0),
            min(deflection[top:].min(), 0.0),
        )
        values[index, 3:6] = row[delays]
        if np.isfinite(tail).any():
            values[index, 6:] = np.nanmax(tail), np.nanmin(tail)
    return values


def summary(rows: Signal, unit: Signal, seconds: Signal, marks: Fiducials) -> Signal:
    """Values of ``SUMMARY_NAMES``.

    Parameters
    ----------
    rows, unit : arrays, shape (12, samples)
        The standard leads' beats, in the ECG's unit and over each lead's own size. Only ratios
        of the limb leads are taken of ``rows``.
    """
    if marks.qrs_onset is None or marks.qrs_offset is None:
        return np.full(len(SUMMARY_NAMES), np.nan)
    waves = wave_sizes(unit, seconds, marks)
    height, depth = waves[:, 1], -waves[:, [0, 2]].min(axis=1)
    part = height / np.where(height + depth > 0, height + depth, np.nan)
    t_wave = waves[:, 6] + waves[:, 7]
    return np.concatenate(
        (
            _axes(rows, seconds, marks.qrs_onset, marks.qrs_offset),
            part,
            _activation(unit, seconds, marks.qrs_onset, marks.qrs_offset),
            (_transition(part[_CHEST]), _share(t_wave * (height - depth) < 0, t_wave)),
            _range(waves[:, 4]),
            (_range(t_wave)[2],),
        )
    )


def _axes(rows: Signal, seconds: Signal, onset: float, offset: float) -> Signal:
    """Frontal axes of QRS, its first 40 ms and T, and the angle between QRS and T."""
    spans = ((onset, offset), (onset, onset + 0.04), (offset + 0.08, offset + 0.36))
    axes = []
    for start, end in spans:
        part = (seconds >= start) & (seconds <= end)
        left, foot = rows[LEADS.index("I"), part], rows[LEADS.index("aVF"), part]
        axes.append(frontal_axis(left, foot))
    between = abs((axes[0] - axes[2] + 180.0) % 360.0 - 180.0)
    return np.array([*axes, between])


def frontal_axis(one: Signal, foot: Signal) -> float:
    """Degrees of the net area of leads I and aVF, NaN where either is not shown whole.

    An augmented lead shows root three halves of what a limb lead shows of the same vector.
    """
    x, y = float(one.sum()), float(foot.sum()) * 2 / np.sqrt(3)
    return float(np.degrees(np.arctan2(y, x))) if x or y else np.nan


def _activation(unit: Signal, seconds: Signal, onset: float, offset: float) -> Signal:
    """Milliseconds from QRS onset to each lead's R peak."""
    qrs = (seconds >= onset) & (seconds <= offset)
    tops = np.argmax(np.nan_to_num(unit[:, qrs], nan=-np.inf), axis=1)
    shown = np.isfinite(unit[:, qrs]).all(axis=1)
    return np.where(shown, 1000.0 * (seconds[qrs][tops] - onset), np.nan)


def _transition(part: Signal) -> float:
    """Number of the first chest lead whose R outgrows its S, between leads; 7 for none."""
    if not np.isfinite(part).all():
        return np.nan
    over = np.flatnonzero(part > 0.5)
    if len(over) == 0:
        return 7.0
    first = int(over[0])
    if first == 0:
        return 1.0
    return first + float((0.5 - part[first - 1]) / (part[first] - part[first - 1]))


def _share(flags: NDArray[np.bool_], values: Signal) -> float:
    known = np.isfinite(values)
    return float(flags[known].mean()) if known.any() else np.nan


def _range(values: Signal) -> Signal:
    """Highest, lowest and mean of what is known."""
    known = values[np.isfinite(values)]
    if len(known) == 0:
        return np.full(3, np.nan)
    return np.array([known.max(), known.min(), known.mean()])
