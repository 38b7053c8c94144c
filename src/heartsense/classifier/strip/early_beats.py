"""What the model of one lead says of the beats of the longest lead of twelve, for statements."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.strip.beat_features import beat_features
from heartsense.classifier.strip.lead import prepare
from heartsense.classifier.strip.model import BEATS, StripModel
from heartsense.classifier.strip.window_features import BEAT_CLASSES
from heartsense.ecg import ECG
from heartsense.views import rhythm_lead

EARLY_BEAT_NAMES: Final = (
    "ventricular_greatest",
    "ventricular_mean",
    "ventricular_share",
    "ventricular_count",
    "ventricular_second",
    "supraventricular_greatest",
)
"""Names of ``early_beats``: probabilities of the beats, and how many are more likely V than not."""

_MIN_BEATS: Final = 3
_SURE: Final = 0.5


def early_beats(ecg: ECG, model: StripModel | None) -> NDArray[np.float64]:
    """Values of ``EARLY_BEAT_NAMES``; NaN without the model, and with fewer than three beats.

    The model's beats were learned from MIT-BIH alone: PTB-XL's patients are new to it.
    """
    unknown = np.full(len(EARLY_BEAT_NAMES), np.nan)
    if model is None:
        return unknown
    name = rhythm_lead(ecg)
    column = ecg.signal[:, ecg.leads.index(name)]
    shown = np.flatnonzero(np.isfinite(column))
    if not len(shown):
        return unknown
    part = column[shown[0] : shown[-1] + 1, None]
    lead = prepare(replace(ecg, signal=np.ascontiguousarray(part), leads=(name,)))
    if len(lead.peaks) < _MIN_BEATS:
        return unknown
    beats = model.trees[BEATS].probabilities(beat_features(lead))
    ventricular = beats[:, BEAT_CLASSES.index("V")]
    sure = ventricular > _SURE
    return np.array(
        [
            ventricular.max(),
            ventricular.mean(),
            sure.mean(),
            sure.sum(),
            np.sort(ventricular)[-2],
            beats[:, BEAT_CLASSES.index("S")].max(),
        ]
    )
