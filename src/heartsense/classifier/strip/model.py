"""The released model of one lead: arrays of trees, and the thresholds of its words."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from heartsense.classifier.ensemble import TierMeans
from heartsense.classifier.gradient_boosting import GradientBoosting
from heartsense.classifier.model_artifact import read_optional_files
from heartsense.conditions import Status
from heartsense.files import model_folder, of_this_version

ARRAYS: Final = "strip.npz"
SETTINGS: Final = "strip.json"
BEATS: Final = "beats"
FIBRILLATION: Final = "atrial_fibrillation"


@dataclass(frozen=True, slots=True)
class Tiers:
    """Least probabilities from which on a condition is possible, and likely."""

    possible: float
    likely: float


@dataclass(frozen=True, slots=True, eq=False)
class StripModel:
    """Trees of the beats, of each condition and of the rhythm, and their thresholds.

    Attributes
    ----------
    trees : mapping of str to GradientBoosting
        ``beats``, ``atrial_fibrillation``, and by condition id.
    tiers : mapping of str to Tiers
        By condition id.
    beat_thresholds : mapping of str to float
        Probability from which on a beat is called V, S, F or X.
    fibrillation : float
        Probability from which on the rhythm is called atrial fibrillation.
    tier_means : mapping of str to mapping of Status to TierMeans
        By condition id: how many of the tested windows with a status had the condition.
    """

    trees: Mapping[str, GradientBoosting]
    tiers: Mapping[str, Tiers]
    beat_thresholds: Mapping[str, float]
    fibrillation: float
    tier_means: Mapping[str, Mapping[Status, TierMeans]]


def load_strip_model(folder: Path | None = None) -> StripModel | None:
    """Read the model of one lead; None from a model folder that has none.

    Raises
    ------
    ModelMissingError
        If one of its files is not there.
    ModelChangedError
        If a file is not the one that the manifest names, or cannot be read.
    """
    files = read_optional_files(folder or model_folder(), SETTINGS, ARRAYS)
    if files is None:
        return None
    settings, arrays = files
    with of_this_version(SETTINGS):
        return _model(json.loads(settings), arrays)


def _model(settings: Mapping[str, Any], content: bytes) -> StripModel:
    names = (BEATS, FIBRILLATION, *settings["tiers"])
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        trees = {name: GradientBoosting.from_arrays(arrays, name) for name in names}
    return StripModel(
        trees=trees,
        tiers={id: Tiers(**tiers) for id, tiers in settings["tiers"].items()},
        beat_thresholds={k: float(v) for k, v in settings["beat_thresholds"].items()},
        fibrillation=float(settings["fibrillation"]),
        tier_means={
            id: {status: TierMeans(**means) for status, means in of_status.items()}
            for id, of_status in settings["tier_means"].items()
        },
    )
