"""Hides parts of the traces that were read off a page, chosen by a heat-map or at random."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import ECG, Digitized, Trace
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

    What another trace still shows, such as a rhythm strip, stays.

    Parameters
    ----------
    digitized
    chosen : bool array
        As `marked` returns it for a heat-map of this page.
    """
    ecg = digitized.ecg
    hidden, still_shown = (np.zeros(ecg.signal.shape, np.bool_) for _ in range(2))
    start = 0
    for trace in digitized.traces:
        count = len(trace.points)
        column = ecg.leads.index(trace.lead)
        gone = _samples(ecg, trace, chosen[start : start + count])
        shown = _samples(ecg, trace, np.ones(count, np.bool_))
        hidden[:, column] |= gone
        still_shown[:, column] |= shown & ~gone
        start += count
    return replace(ecg, signal=np.where(hidden & ~still_shown, np.nan, ecg.signal))


def _samples(ecg: ECG, trace: Trace, points: Flags) -> Flags:
    """The samples that some points of a trace stand for: up to half-way to their neighbours."""
    seconds = np.linspace(trace.start, trace.end, len(points))[points]
    reach = (trace.end - trace.start) / max(len(points) - 1, 1) / 2
    found = np.zeros(len(ecg.signal), np.bool_)
    first = np.floor((seconds - reach) * ecg.rate).astype(int)
    last = np.ceil((seconds + reach) * ecg.rate).astype(int)
    for begin, end in zip(first, last, strict=True):
        found[max(begin, 0) : max(end, 0)] = True
    return found
