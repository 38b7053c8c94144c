"""Feature extraction: views, image features and signal features of an ECG."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.backbone import Backbone
from heartsense.classifier.encoder import Features
from heartsense.ecg import ECG
from heartsense.measurements import Analysis, analyse, signal_features
from heartsense.views import View, standard_views


@dataclass(frozen=True, slots=True)
class ModelInputs:
    """The beats, the views, and the network's map of each view: float32, shape (7, 7, 1280)."""

    analysis: Analysis
    views: tuple[View, ...]
    feature_maps: tuple[NDArray[np.float32], ...]


def extract_features(ecg: ECG | Analysis, backbone: Backbone) -> tuple[Features, ModelInputs]:
    """Extract the features of an ECG; the model inputs serve to explain a finding."""
    found = analyse(ecg)
    views = standard_views(found)
    outputs = [backbone(view.pixels) for view in views]
    features = Features(
        embedding=np.concatenate([pooled for pooled, _ in outputs]),
        signal=signal_features(found).astype(np.float64),
    )
    return features, ModelInputs(found, views, tuple(feature_map for _, feature_map in outputs))
