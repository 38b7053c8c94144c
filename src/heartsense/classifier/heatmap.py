"""Heat maps by occlusion sensitivity (Zeiler and Fergus 2014).

The ensemble has no gradients, so each segment of the ECG is occluded in turn; see ``occlusion``. A
segment's weight is the drop in the log odds of the condition. The drop of the rhythm features is
shared out among the beats, by how early or late they come and by their shape: none makes a rhythm
alone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import compress
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.encoder import Features
from heartsense.classifier.ensemble import Ensemble
from heartsense.classifier.features import ModelInputs
from heartsense.classifier.occlusion import Occlusions, Segment
from heartsense.ecg import Digitized
from heartsense.measurements import Analysis
from heartsense.numeric import median
from heartsense.rendering import HeatTrace
from heartsense.views import rhythm_lead

_VENTRICULAR: Final = "ventricular_arrhythmia"
"""Its beats are wide in all leads; another rhythm is told where it is best seen."""

_REGULAR_RR_DEVIATION: Final = 0.05
"""Largest deviation of an RR interval from the median, as a fraction of it, in a regular rhythm."""
_MIDDLE_OF_BEAT: Final = 0.1
"""Seconds after its R peak at which the time is that is nearest to a beat."""
_QRS_END: Final = 0.1
"""Seconds after the R peak at which the segment of a beat ends."""


Heat = tuple[HeatTrace, ...]


class HeatMaps(Mapping[str, Heat]):
    """Heat maps by condition id, made when the first one is asked for: JSON has none of them.

    Parameters
    ----------
    conditions : sequence of str
    make : callable
        Returns the heat map of each.
    """

    def __init__(self, conditions: Sequence[str], make: Callable[[], Mapping[str, Heat]]) -> None:
        self._conditions = tuple(conditions)
        self._make = make

    @cached_property
    def _made(self) -> Mapping[str, Heat]:
        return self._make()

    def __getitem__(self, condition: str) -> Heat:
        if condition not in self._conditions:
            raise KeyError(condition)
        return self._made[condition]

    def __contains__(self, condition: object) -> bool:
        return condition in self._conditions

    def __iter__(self) -> Iterator[str]:
        return iter(self._conditions)

    def __len__(self) -> int:
        return len(self._conditions)

    def __reduce__(self) -> tuple[type, tuple[dict[str, Heat]]]:
        return dict, (dict(self),)  # a pickle has the maps, and not the model that makes them


def heatmaps(
    ensemble: Ensemble,
    features: Features,
    inputs: ModelInputs,
    digitized: Digitized,
    conditions: Sequence[str],
) -> dict[str, Heat]:
    """Heat maps of the given conditions, along the traces of the page.

    Parameters
    ----------
    ensemble : Ensemble
    features : Features
    inputs : ModelInputs
        As ``extract_features`` returned them with ``features``.
    digitized : Digitized
    conditions : sequence of str
        Condition ids, at least one.

    Returns
    -------
    dict
        Condition id to one heat trace per trace. Weights are relative to the strongest segment;
        segments whose occlusion makes the condition more likely have weight 0.
    """
    occlusions = Occlusions.of(inputs)
    applying = ensemble.applying(features)
    codes = [occlusions.codes(submodel.encoder, features, inputs) for submodel in applying]
    labels = [ensemble.labels.index(id) for id in conditions]
    odds = _log_odds(ensemble.probabilities(applying, codes, labels))
    rhythm, *of_segments = odds[0] - odds[1:]
    beats = _beats(inputs.analysis)
    in_all_leads = np.array([id == _VENTRICULAR for id in conditions])
    main = rhythm_lead(inputs.analysis.ecg)
    of_beats = [share * rhythm * (in_all_leads | (beat.lead == main)) for beat, share in beats]
    segments = (*occlusions.segments, *(beat for beat, _ in beats))
    drops = np.array([*of_segments, *of_beats])
    seconds = inputs.analysis.own_peaks / digitized.ecg.rate
    traces = _along_traces(digitized, seconds, segments, drops)
    return {id: tuple(of[column] for of in traces) for column, id in enumerate(conditions)}


def _log_odds(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    bounded = np.clip(probability, 1e-9, 1 - 1e-9)
    return np.asarray(np.log(bounded / (1 - bounded)))


def _beats(found: Analysis) -> list[tuple[Segment, float]]:
    """The RR interval before each beat on each lead, and its share of all that is irregular.

    A beat is irregular by the deviation of its RR interval from the median one and by a shape
    outside the dominant rhythm. In a regular rhythm all beats weigh the same.
    """
    ecg, peaks = found.ecg, found.own_peaks
    if len(peaks) < 3:
        return []
    intervals = np.diff(peaks) / ecg.rate
    median_rr = median(intervals)
    irregularity = np.abs(intervals / median_rr - 1) + ~found.beats.dominant[1:]
    if irregularity.max() <= _REGULAR_RR_DEVIATION:
        irregularity = np.ones(len(intervals))
    ends = peaks[1:] / ecg.rate + _QRS_END
    shares = irregularity / irregularity.sum()
    return [
        (Segment(lead, float(end - interval), float(end), False), float(share))
        for lead in ecg.leads
        for end, interval, share in zip(ends, intervals, shares, strict=True)
    ]


def _along_traces(
    digitized: Digitized,
    peaks: NDArray[np.float64],
    segments: Sequence[Segment],
    drops: NDArray[np.float64],
) -> list[Heat]:
    """Spread the conditions' drops over the traces: of each trace, its heat for each condition.

    ``peaks`` are R peaks in seconds, ``drops`` have the shape (segments, conditions).
    """
    heat = []
    leads = np.array([segment.lead for segment in segments])
    for trace in digitized.traces:
        ends = trace.points[[0, -1]]
        axis = int(np.argmax(np.abs(ends[1] - ends[0])))  # upright on a page that lies on its side
        x = trace.points[:, axis].astype(np.float64)
        share = (x - x[0]) / (x[-1] - x[0] if x[-1] != x[0] else 1e-9)
        seconds = trace.start + share * (trace.end - trace.start)
        own = leads == trace.lead
        covered = _covered(list(compress(segments, own)), seconds, peaks)
        heat.append(np.maximum(drops[own].T @ covered, 0.0))
    top = np.max([weights.max(axis=1, initial=0.0) for weights in heat], axis=0, initial=1e-9)
    relative = [(weights / top[:, None]).astype(np.float32) for weights in heat]
    return [
        tuple(HeatTrace(trace.lead, trace.points, row) for row in rows)
        for trace, rows in zip(digitized.traces, relative, strict=True)
    ]


def _covered(
    segments: Sequence[Segment], seconds: NDArray[np.float64], peaks: NDArray[np.float64]
) -> NDArray[np.float64]:
    """1 where a segment covers a time, else 0, shape (segments, times)."""
    since = np.full(len(seconds), np.inf)
    if len(peaks):
        halfway = (peaks[1:] + peaks[:-1]) / 2
        since = seconds - peaks[np.searchsorted(halfway, seconds - _MIDDLE_OF_BEAT)]
    covered = np.zeros((len(segments), len(seconds)))
    for segment, row in zip(segments, covered, strict=True):
        times = since if segment.beats else seconds
        row[(times >= segment.start) & (times < segment.end)] = 1.0
    return covered
