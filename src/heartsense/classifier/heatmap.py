"""Where on the page a finding comes from: hide a part, see how the answer falls.

The ensemble's classifiers have no gradients, so each part of the ECG is hidden from it in turn:
the P wave, QRS complex and ST-T of each lead (their measurements, their samples of the median
beat and the cells of the network's 7x7 map that cover them), the cells of the view of rhythm,
and all measurements of rhythm. How far the log odds of a condition fall is the part's weight;
that of the rhythm goes to the beats that come out of time or have a shape of their own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.encoder import Features
from heartsense.classifier.ensemble import Ensemble
from heartsense.classifier.features import ModelInputs
from heartsense.ecg import ECG, Digitized
from heartsense.measurements import FEATURE_NAMES, find_r_peaks, median_beats
from heartsense.measurements.rhythm import RHYTHM_NAMES
from heartsense.rendering import HeatTrace
from heartsense.views import VIEW_SIZE, Panel, rhythm_lead

_WAVES: Final = {
    "p": (-0.24, -0.08, ()),
    "qrs": (-0.08, 0.10, ("q", "r", "s")),
    "st_t": (0.10, 0.48, ("j", "st60", "st80", "t_max", "t_min")),
}
"""Seconds from the R peak, and the measurements taken there."""

_CELLS: Final = 7
_RHYTHM: Final = np.array([name in (*RHYTHM_NAMES, "p_found") for name in FEATURE_NAMES])
_EVEN: Final = 0.05
"""Largest deviation of an RR interval, as a share of the median, in an even rhythm."""
_QRS_END: Final = 0.1
"""Seconds after the R peak up to which a beat is heated."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of one lead: seconds of the time axis, or round every R peak if ``beats``."""

    lead: str
    start: float
    end: float
    beats: bool


def heatmaps(
    ensemble: Ensemble,
    features: Features,
    seen: ModelInputs,
    digitized: Digitized,
    conditions: Sequence[str],
) -> dict[str, tuple[HeatTrace, ...]]:
    """Heat of every condition asked for, along the traces of the page.

    Weights run from 0 to 1, the strongest part of the condition's heat; parts without which the
    condition would be more likely count 0.
    """
    if not conditions:
        return {}
    labels = [ensemble.labels.index(id) for id in conditions]
    base = _log_odds(ensemble, features)
    falls = [(part, base - _log_odds(ensemble, f)) for part, f in _hidden(features, seen)]
    peaks = find_r_peaks(digitized.ecg)
    rhythm = base - _log_odds(ensemble, _without_rhythm(features))
    falls += [(part, share * rhythm) for part, share in _irregular(digitized.ecg, peaks)]
    seconds = peaks / digitized.ecg.rate
    return {
        id: _along_traces(digitized, seconds, [(part, float(fall[label])) for part, fall in falls])
        for id, label in zip(conditions, labels, strict=True)
    }


def _log_odds(ensemble: Ensemble, features: Features) -> NDArray[np.float64]:
    probability = np.clip(ensemble(features).probability, 1e-9, 1 - 1e-9)
    return np.log(probability / (1 - probability))


def _hidden(features: Features, seen: ModelInputs) -> Iterator[tuple[Part, Features]]:
    """Each part of the ECG with the features that remain when it is hidden."""
    for panel in seen.views[0].panels:
        for wave, (start, end, _) in _WAVES.items():
            signal = features.signal.copy()
            signal[_columns(panel.lead, wave)] = np.nan
            embedding = _without(seen, 0, _cells_of(panel, start, end))
            yield Part(panel.lead, start, end, True), Features(embedding, signal)
    for panel in seen.views[1].panels:
        step = (panel.end - panel.start) / _CELLS
        for column in range(_CELLS):
            start = panel.start + column * step
            cells = _cells_of(panel, start, start + step)
            if _inked(seen.views[1].pixels, cells):
                embedding = _without(seen, 1, cells)
                yield (
                    Part(panel.lead, start, start + step, False),
                    Features(embedding, features.signal),
                )


def _without_rhythm(features: Features) -> Features:
    """The features with every measurement of rhythm unknown."""
    return Features(features.embedding, np.where(_RHYTHM, np.nan, features.signal))


def _irregular(ecg: ECG, peaks: NDArray[np.intp]) -> list[tuple[Part, float]]:
    """The stretch up to each beat on the rhythm lead, and how odd the beat is, 0 to 1.

    A beat is odd by how far its RR interval is from the median one, and by a shape of its own. In
    a perfectly even rhythm all beats speak alike.
    """
    if len(peaks) < 3:
        return []
    intervals = np.diff(peaks) / ecg.rate
    usual = float(np.median(intervals))
    odd = np.abs(intervals / usual - 1) + ~median_beats(ecg, peaks).dominant[1:]
    share = odd / odd.max() if odd.max() > _EVEN else np.ones(len(odd))
    lead, ends = rhythm_lead(ecg), peaks[1:] / ecg.rate + _QRS_END
    return [
        (Part(lead, float(end - interval), float(end), False), float(s))
        for end, interval, s in zip(ends, intervals, share, strict=True)
    ]


@lru_cache(maxsize=64)
def _columns(lead: str, wave: str) -> NDArray[np.intp]:
    """Signal features that are read off one wave of one lead."""
    start, end, measured = _WAVES[wave]
    names = {f"{what}_{unit}_{lead}" for what in measured for unit in ("share", "mv")}

    def belongs(name: str) -> bool:
        if name.startswith(f"beat_{lead}_"):
            time = int(name.rsplit("_", 1)[1].removesuffix("ms")) / 1000
            return start <= time < end
        return name in names

    return np.flatnonzero([belongs(name) for name in FEATURE_NAMES])


def _cells_of(panel: Panel, start: float, end: float) -> NDArray[np.bool_]:
    """Cells of the 7x7 map whose middle lies on a part of a panel, or the nearest one."""
    scale = panel.width / (panel.end - panel.start)
    left = panel.left + (max(start, panel.start) - panel.start) * scale
    right = panel.left + (min(end, panel.end) - panel.start) * scale
    return np.outer(_span(panel.top, panel.top + panel.height), _span(left, right))


def _span(low: float, high: float) -> NDArray[np.bool_]:
    size = VIEW_SIZE / _CELLS
    middle = (np.arange(_CELLS) + 0.5) * size
    inside = (middle >= low) & (middle < high)
    if not inside.any():
        inside[min(int((low + high) / 2 // size), _CELLS - 1)] = True
    return inside


def _inked(pixels: NDArray[np.uint8], cells: NDArray[np.bool_]) -> bool:
    size = VIEW_SIZE // _CELLS
    return bool((np.kron(cells, np.ones((size, size), dtype=bool)) & (pixels < 255)).any())


def _without(seen: ModelInputs, view: int, cells: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The embedding with the mean of one view taken over the other cells."""
    pooled = [c.mean(axis=(0, 1)) for c in seen.cells]
    pooled[view] = seen.cells[view][~cells].mean(axis=0)
    return np.concatenate(pooled)


def _along_traces(
    digitized: Digitized, peaks: NDArray[np.float64], falls: Sequence[tuple[Part, float]]
) -> tuple[HeatTrace, ...]:
    heat = []
    for trace in digitized.traces:
        x = trace.points[:, 0].astype(np.float64)
        share = (x - x[0]) / max(x[-1] - x[0], 1e-9)
        seconds = trace.start + share * (trace.end - trace.start)
        heat.append(_weights(trace.lead, seconds, peaks, falls))
    top = max((float(w.max()) for w in heat if len(w)), default=0.0)
    return tuple(
        HeatTrace(trace.lead, trace.points, (weights / max(top, 1e-9)).astype(np.float32))
        for trace, weights in zip(digitized.traces, heat, strict=True)
    )


def _weights(
    lead: str,
    seconds: NDArray[np.float64],
    peaks: NDArray[np.float64],
    falls: Sequence[tuple[Part, float]],
) -> NDArray[np.float64]:
    """Fall of the log odds along one trace, nothing below 0."""
    weights = np.zeros(len(seconds))
    if len(peaks):
        nearest = np.abs(seconds[:, None] - peaks[None, :] - 0.1).argmin(axis=1)
        since = seconds - peaks[nearest]
    else:
        since = np.full(len(seconds), np.inf)
    for part, fall in falls:
        if part.lead == lead:
            at = since if part.beats else seconds
            weights[(at >= part.start) & (at < part.end)] += fall
    return np.maximum(weights, 0.0)
