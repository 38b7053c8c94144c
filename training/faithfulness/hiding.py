"""Hides parts of the traces that were read off a page, chosen by a heat-map or at random."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import ECG, Digitized
from heartsense.rendering import HeatTrace

Flags = NDArray[np.bool_]


def marked(heat: Sequence[HeatTrace], share: float) -> Flags:
    """The share of all trace points with the most heat, shape (points of all traces,).

    Points of equal heat are taken from the left, trace by trace.
    """
    weights = np.concatenate([trace.weights for trace in heat])
    chosen = np.zeros(len(weights), np.bool_)
    chosen[np.argsort(-weights, kind="stable")[: round(share * len(weights))]] = True
    return chosen


def shifted(chosen: Flags, rng: np.random.Generator) -> Flags:
    """As many points in pieces of the same lengths, elsewhere: moved along the traces at random."""
    return np.roll(chosen, int(rng.integers(1, len(chosen))))


def hide(digitized: Digitized, chosen: Flags) -> ECG:
    """The ECG that was read, without the chosen points of its traces, as if they were not drawn.

    Parameters
    ----------
    digitized
    chosen : bool array
        As `marked` returns it for a heat-map of this page.
    """
    ecg = digitized.ecg
    signal = ecg.signal.copy()
    start = 0
    for trace in digitized.traces:
        count = len(trace.points)
        seconds = np.linspace(trace.start, trace.end, count)[chosen[start : start + count]]
        start += count
        # A point stands for the samples up to half-way to its neighbours.
        reach = (trace.end - trace.start) / max(count - 1, 1) / 2
        column = signal[:, ecg.leads.index(trace.lead)]
        first = np.floor((seconds - reach) * ecg.rate).astype(int)
        last = np.ceil((seconds + reach) * ecg.rate).astype(int)
        for begin, end in zip(first, last, strict=True):
            column[max(begin, 0) : max(end, 0)] = np.nan
    return replace(ecg, signal=signal)
