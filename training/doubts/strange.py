"""ECGs that no model was trained on: leads mixed up, wrong scales, upside down, noise."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import LEADS

Signal = NDArray[np.floating]

_SEED: Final = 0
_NOISE_MV: Final = 0.3


def _leads(signal: Signal, shown: Mapping[str, tuple[str, float]]) -> Signal:
    """The signal with some leads shown as another one, times a factor."""
    changed = signal.copy()
    for name, (other, factor) in shown.items():
        changed[:, LEADS.index(name)] = factor * signal[:, LEADS.index(other)]
    return changed


def _arms_swapped(signal: Signal) -> Signal:
    """The electrodes of both arms swapped: I upside down, II for III, aVR for aVL."""
    swapped = {"I": ("I", -1), "II": ("III", 1), "III": ("II", 1)}
    return _leads(signal, {**swapped, "aVR": ("aVL", 1), "aVL": ("aVR", 1)})


def _arm_and_leg_swapped(signal: Signal) -> Signal:
    """The electrodes of the right arm and the left leg swapped."""
    swapped = {"I": ("III", -1), "II": ("II", -1), "III": ("I", -1)}
    return _leads(signal, {**swapped, "aVR": ("aVF", 1), "aVF": ("aVR", 1)})


def _chest_reversed(signal: Signal) -> Signal:
    return np.concatenate((signal[:, :6], signal[:, :5:-1]), axis=1)


def _noisy(signal: Signal) -> Signal:
    return signal + np.random.default_rng(_SEED).normal(0, _NOISE_MV, signal.shape)


def _mixed_up(signal: Signal) -> Signal:
    return signal[:, np.random.default_rng(_SEED).permutation(len(LEADS))]


def _fast(signal: Signal) -> Signal:
    return np.concatenate((signal[::2], signal[::2]))


STRANGE: Final[Mapping[str, Callable[[Signal], Signal]]] = {
    "upside down": lambda signal: -signal,
    "leads in random order": _mixed_up,
    "noise of 0.3 mV": _noisy,
    "arms swapped": _arms_swapped,
    "right arm and left leg swapped": _arm_and_leg_swapped,
    "chest leads in reverse": _chest_reversed,
    "backwards in time": lambda signal: signal[::-1],
    "twice the speed": _fast,
    "twice the gain": lambda signal: 2 * signal,
    "half the gain": lambda signal: signal / 2,
}
"""How ten seconds of twelve leads, shape (samples, 12), are changed, by name."""
