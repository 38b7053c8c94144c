"""A synthetic ECG with known rate, intervals and axis, for tests and examples without data.

Each beat has five waves, Gaussian pulses of one heart vector that is projected on the lead
directions. The limb leads obey Einthoven's law, as they are differences of three potentials.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import ECG, LEADS


@dataclass(frozen=True, slots=True)
class Wave:
    """Seconds from the R peak, Gaussian width (s), and mV along left, foot and front."""

    time: float
    width: float
    left: float
    foot: float
    front: float


NORMAL: Final = (
    Wave(-0.160, 0.020, 0.08, 0.12, 0.03),
    Wave(-0.028, 0.007, -0.05, -0.08, 0.15),
    Wave(0.000, 0.011, 0.90, 0.90, -0.30),
    Wave(0.028, 0.009, -0.15, -0.10, -0.50),
    Wave(0.280, 0.045, 0.22, 0.25, 0.15),
)
"""P, Q, R, S and T of a normal beat; the T wave scales with the root of the RR interval."""

PREMATURE_VENTRICULAR: Final = (
    Wave(-0.030, 0.030, -0.60, -0.90, 0.50),
    Wave(0.050, 0.030, 0.60, 1.20, -0.70),
    Wave(0.300, 0.060, -0.40, -0.50, 0.30),
)
"""A wide beat without a P wave."""

_CHEST_ANGLES: Final = {"V1": 115, "V2": 95, "V3": 75, "V4": 55, "V5": 30, "V6": 0}
"""Degrees from the left towards the front."""


def simulate(
    heart_rate: float = 70.0,
    duration: float = 10.0,
    rate: float = 500.0,
    noise: float = 0.01,
    seed: int = 0,
) -> ECG:
    """Simulate a regular rhythm.

    Parameters
    ----------
    heart_rate : float
        Beats per minute.
    duration : float
        Seconds.
    rate : float
        Sampling rate in Hz.
    noise : float
        Standard deviation in mV.
    seed : int
    """
    beats = np.arange(0.4, duration + 1.0, 60.0 / heart_rate)
    return simulate_beats(beats, [NORMAL] * len(beats), duration, rate, noise, seed)


def simulate_beats(
    times: Sequence[float] | NDArray[np.float64],
    shapes: Sequence[tuple[Wave, ...]],
    duration: float = 10.0,
    rate: float = 500.0,
    noise: float = 0.01,
    seed: int = 0,
) -> ECG:
    """Simulate twelve leads in mV with one beat of the given shape at each R-peak time (s)."""
    seconds = np.arange(round(duration * rate)) / rate
    vector = np.zeros((len(seconds), 3))
    intervals = np.diff(times, prepend=2 * times[0] - times[1]) if len(times) > 1 else [1.0]
    for time, shape, interval in zip(times, shapes, intervals, strict=True):
        for wave in shape:
            stretch = np.sqrt(min(interval, 1.0)) if wave.time > 0.1 else 1.0
            delay = (seconds - time - wave.time * stretch) / (wave.width * stretch)
            pulse = np.exp(-0.5 * delay**2)
            vector += pulse[:, None] * (wave.left, wave.foot, wave.front)
    signal = vector @ _directions().T
    signal += np.random.default_rng(seed).normal(0.0, noise, signal.shape)
    return ECG(signal.astype(np.float32), rate)


def _directions() -> NDArray[np.float64]:
    """Direction vector of each lead, shape (12, 3)."""
    one = np.array([1.0, 0.0, 0.0])
    two = np.array([0.5, np.sqrt(3) / 2, 0.0])
    three = two - one
    limb = [one, two, three, -(one + two) / 2, (one - three) / 2, (two + three) / 2]
    chest = [
        np.array([np.cos(angle), 0.1, np.sin(angle)])
        for angle in np.radians([_CHEST_ANGLES[lead] for lead in LEADS[6:]])
    ]
    return np.array([*limb, *chest])
