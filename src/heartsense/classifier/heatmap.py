"""Heat maps by occlusion sensitivity (Zeiler and Fergus 2014).

The ensemble has no gradients, so each segment of the ECG is occluded in turn: the P wave, QRS
complex and ST-T of each lead (their signal features and the cells of the network's 7x7 feature map
that cover them), the cells of the rhythm view, and all rhythm features. A segment's weight is the
drop in the log odds of the condition. The drop of the rhythm features goes to the beats that come
early or late or have another shape.
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
from heartsense.ecg import Digitized
from heartsense.measurements import FEATURE_NAMES, Analysis
from heartsense.measurements.rhythm import RHYTHM_NAMES
from heartsense.rendering import HeatTrace
from heartsense.views import VIEW_SIZE, Panel, rhythm_lead

_WAVES: Final = {
    "p": (-0.24, -0.08, ()),
    "qrs": (-0.08, 0.10, ("q", "r", "s")),
    "st_t": (0.10, 0.48, ("j", "st60", "st80", "t_max", "t_min")),
}
"""Start and end in seconds from the R peak, and the amplitudes measured there."""

_MAP_SIZE: Final = 7
_RHYTHM_COLUMNS: Final = np.array([name in (*RHYTHM_NAMES, "p_found") for name in FEATURE_NAMES])
_REGULAR_RR_DEVIATION: Final = 0.05
"""Largest deviation of an RR interval from the median, as a fraction of it, in a regular rhythm."""
_QRS_END: Final = 0.1
"""Seconds after the R peak at which the segment of a beat ends."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment of one lead: seconds on the time axis, or from every R peak if ``beats``."""

    lead: str
    start: float
    end: float
    beats: bool


def heatmaps(
    ensemble: Ensemble,
    features: Features,
    inputs: ModelInputs,
    digitized: Digitized,
    conditions: Sequence[str],
) -> dict[str, tuple[HeatTrace, ...]]:
    """Heat maps of the given conditions, along the traces of the page.

    Parameters
    ----------
    ensemble : Ensemble
    features : Features
    inputs : ModelInputs
        As ``extract_features`` returned them with ``features``.
    digitized : Digitized
    conditions : sequence of str
        Condition ids.

    Returns
    -------
    dict
        Condition id to one heat trace per trace. Weights are relative to the strongest segment;
        segments whose occlusion makes the condition more likely have weight 0.
    """
    if not conditions:
        return {}
    labels = [ensemble.labels.index(id) for id in conditions]
    segments, occluded = zip(*_occlusions(features, inputs), strict=True)
    odds = _log_odds(ensemble, [features, _rhythm_occluded(features), *occluded])
    rhythm, *of_segments = odds[0] - odds[1:]
    drops = list(zip(segments, of_segments, strict=True))
    drops += [(beat, weight * rhythm) for beat, weight in _irregular_beats(inputs.analysis)]
    seconds = inputs.analysis.own_peaks / digitized.ecg.rate
    return {
        id: _along_traces(
            digitized, seconds, [(segment, float(drop[label])) for segment, drop in drops]
        )
        for id, label in zip(conditions, labels, strict=True)
    }


def _log_odds(ensemble: Ensemble, rows: Sequence[Features]) -> NDArray[np.float64]:
    probability = np.clip(ensemble.probabilities(rows), 1e-9, 1 - 1e-9)
    return np.log(probability / (1 - probability))


def _occlusions(features: Features, inputs: ModelInputs) -> Iterator[tuple[Segment, Features]]:
    """Each segment of the ECG, with the features that remain when it is occluded."""
    for panel in inputs.views[0].panels:
        for wave, (start, end, _) in _WAVES.items():
            signal = features.signal.copy()
            signal[_columns(panel.lead, wave)] = np.nan
            embedding = _embedding_without(inputs, 0, _cells_of(panel, start, end))
            yield Segment(panel.lead, start, end, True), Features(embedding, signal)
    for panel in inputs.views[1].panels:
        step = (panel.end - panel.start) / _MAP_SIZE
        for column in range(_MAP_SIZE):
            start = panel.start + column * step
            cells = _cells_of(panel, start, start + step)
            if _contain_ink(inputs.views[1].pixels, cells):
                embedding = _embedding_without(inputs, 1, cells)
                yield (
                    Segment(panel.lead, start, start + step, False),
                    Features(embedding, features.signal),
                )


def _rhythm_occluded(features: Features) -> Features:
    """The features with every rhythm feature missing."""
    return Features(features.embedding, np.where(_RHYTHM_COLUMNS, np.nan, features.signal))


def _irregular_beats(found: Analysis) -> list[tuple[Segment, float]]:
    """The RR interval before each beat on the rhythm lead, and how irregular it is, 0 to 1.

    A beat is irregular by the deviation of its RR interval from the median one and by a shape
    outside the dominant rhythm. In a regular rhythm all beats weigh the same.
    """
    ecg, peaks = found.ecg, found.own_peaks
    if len(peaks) < 3:
        return []
    intervals = np.diff(peaks) / ecg.rate
    median_rr = float(np.median(intervals))
    irregularity = np.abs(intervals / median_rr - 1) + ~found.beats.dominant[1:]
    greatest = irregularity.max()
    weights = (
        irregularity / greatest if greatest > _REGULAR_RR_DEVIATION else np.ones(len(intervals))
    )
    lead, ends = rhythm_lead(ecg), peaks[1:] / ecg.rate + _QRS_END
    return [
        (Segment(lead, float(end - interval), float(end), False), float(w))
        for end, interval, w in zip(ends, intervals, weights, strict=True)
    ]


@lru_cache(maxsize=64)
def _columns(lead: str, wave: str) -> NDArray[np.intp]:
    """Indices of the signal features of one wave of one lead."""
    start, end, amplitudes = _WAVES[wave]
    names = {f"{name}_{unit}_{lead}" for name in amplitudes for unit in ("share", "mv")}

    def belongs(name: str) -> bool:
        if name.startswith(f"beat_{lead}_"):
            time = int(name.rsplit("_", 1)[1].removesuffix("ms")) / 1000
            return start <= time < end
        return name in names

    return np.flatnonzero([belongs(name) for name in FEATURE_NAMES])


def _cells_of(panel: Panel, start: float, end: float) -> NDArray[np.bool_]:
    """Cells of the 7x7 map whose centre lies between two times of a panel, or the nearest."""
    scale = panel.width / (panel.end - panel.start)
    left = panel.left + (max(start, panel.start) - panel.start) * scale
    right = panel.left + (min(end, panel.end) - panel.start) * scale
    return np.outer(
        _cells_between(panel.top, panel.top + panel.height), _cells_between(left, right)
    )


def _cells_between(low: float, high: float) -> NDArray[np.bool_]:
    size = VIEW_SIZE / _MAP_SIZE
    middle = (np.arange(_MAP_SIZE) + 0.5) * size
    inside = (middle >= low) & (middle < high)
    if not inside.any():
        inside[min(int((low + high) / 2 // size), _MAP_SIZE - 1)] = True
    return inside


def _contain_ink(pixels: NDArray[np.uint8], cells: NDArray[np.bool_]) -> bool:
    size = VIEW_SIZE // _MAP_SIZE
    return bool((np.kron(cells, np.ones((size, size), dtype=bool)) & (pixels < 255)).any())


def _embedding_without(
    inputs: ModelInputs, view: int, cells: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """The embedding with one view pooled over the other cells only."""
    pooled = [c.mean(axis=(0, 1)) for c in inputs.feature_maps]
    pooled[view] = inputs.feature_maps[view][~cells].mean(axis=0)
    return np.concatenate(pooled)


def _along_traces(
    digitized: Digitized, peaks: NDArray[np.float64], drops: Sequence[tuple[Segment, float]]
) -> tuple[HeatTrace, ...]:
    """Spread one condition's drops over the traces; ``peaks`` are R peaks in seconds."""
    heat = []
    for trace in digitized.traces:
        ends = trace.points[[0, -1]]
        axis = int(np.argmax(np.abs(ends[1] - ends[0])))  # upright on a page that lies on its side
        x = trace.points[:, axis].astype(np.float64)
        share = (x - x[0]) / (x[-1] - x[0] if x[-1] != x[0] else 1e-9)
        seconds = trace.start + share * (trace.end - trace.start)
        heat.append(_weights_along_trace(trace.lead, seconds, peaks, drops))
    top = max((float(w.max()) for w in heat if len(w)), default=0.0)
    return tuple(
        HeatTrace(trace.lead, trace.points, (weights / max(top, 1e-9)).astype(np.float32))
        for trace, weights in zip(digitized.traces, heat, strict=True)
    )


def _weights_along_trace(
    lead: str,
    seconds: NDArray[np.float64],
    peaks: NDArray[np.float64],
    drops: Sequence[tuple[Segment, float]],
) -> NDArray[np.float64]:
    """Drop of the log odds along one trace, at least 0, shape (len(seconds),)."""
    weights = np.zeros(len(seconds))
    if len(peaks):
        nearest = np.abs(seconds[:, None] - peaks[None, :] - 0.1).argmin(axis=1)
        since = seconds - peaks[nearest]
    else:
        since = np.full(len(seconds), np.inf)
    for segment, drop in drops:
        if segment.lead == lead:
            at = since if segment.beats else seconds
            weights[(at >= segment.start) & (at < segment.end)] += drop
    return np.maximum(weights, 0.0)
