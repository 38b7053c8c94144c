"""ECG -> the features that the ensemble reads."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.backbone import Backbone
from heartsense.classifier.encoder import Features
from heartsense.ecg import ECG
from heartsense.measurements import signal_features
from heartsense.views import View, standard_views


@dataclass(frozen=True, slots=True)
class ModelInputs:
    """What the network saw: the views, and its 7x7 maps of them, float32, (7, 7, 1280) each."""

    views: tuple[View, ...]
    cells: tuple[NDArray[np.float32], ...]


def extract_features(ecg: ECG, backbone: Backbone) -> tuple[Features, ModelInputs]:
    """Features of one ECG, and what they were read from."""
    views = standard_views(ecg)
    read = [backbone(view.pixels) for view in views]
    features = Features(
        embedding=np.concatenate([pooled for pooled, _ in read]),
        signal=signal_features(ecg).astype(np.float64),
    )
    return features, ModelInputs(views, tuple(cells for _, cells in read))
