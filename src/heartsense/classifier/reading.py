"""What reading errors do to an answer, and how unlike the training ECGs a page is.

Both come from arrays in the model folder that are made from training ECGs alone. The codes that
the classifiers read are compared: those of drawn pages with those of the signals drawn on them, and
those of a page with what the main directions of the training ECGs can express.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.encoder import LEVELS, Features
from heartsense.classifier.ensemble import Ensemble, EnsembleOutput, mean_scores
from heartsense.classifier.model_artifact import read_optional_files
from heartsense.files import model_folder, of_this_version

ARRAYS: Final = "reading.npz"
DRAWS: Final = 32
"""Reading errors that are tried on a page."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadingErrors:
    """How far drawn pages were misread.

    Attributes
    ----------
    quality : float64 array, shape (pages,)
        The quality score of each page's reading, ascending.
    codes : tuple of int16 arrays, shape (pages, codes)
        For each sub-model, the codes of what was read less those of the true signal.
    """

    quality: NDArray[np.float64]
    codes: tuple[NDArray[np.int16], ...]

    def reread(self, ensemble: Ensemble, features: Features, quality: float) -> EnsembleOutput:
        """What would be said of the ECG if it had been misread otherwise.

        The errors of the pages whose quality is nearest to this one's are taken off what was read:
        no chance is in it, so the same page gets the same answer.

        Parameters
        ----------
        ensemble : Ensemble
        features : Features
            Of the ECG that was read.
        quality : float
            The quality score of its reading.

        Returns
        -------
        EnsembleOutput
            Its arrays have a first axis more, of ``DRAWS`` readings.
        """
        nearest = np.argsort(np.abs(self.quality - quality), kind="stable")[:DRAWS]
        applying = [
            (submodel, errors)
            for submodel, errors in zip(ensemble.submodels, self.codes, strict=True)
            if submodel.applies(features)
        ]
        codes = [
            np.clip(submodel.encoder(features) - errors[nearest], 0, LEVELS - 1).astype(np.uint8)
            for submodel, errors in applying
        ]
        scores = mean_scores([submodel for submodel, _ in applying], codes)
        return ensemble.judge(scores, len(applying))


@dataclass(frozen=True, slots=True, eq=False)
class KnownEcgs:
    """The main directions of the training ECGs in millivolts, by principal component analysis.

    Attributes
    ----------
    center : float32 array, shape (codes,)
    axes : float32 array, shape (components, codes)
    limit : float
        The greatest distance that is not told.
    """

    center: NDArray[np.float32]
    axes: NDArray[np.float32]
    limit: float

    def distance(self, codes: NDArray[np.uint8]) -> float:
        """How much of an ECG's codes its components leave over; 1 is the range of one code."""
        moved = codes.astype(np.float32) / LEVELS - self.center
        return float(np.linalg.norm(moved - (self.axes @ moved) @ self.axes))


@dataclass(frozen=True, slots=True, eq=False)
class ReadingModel:
    """What is known of reading errors and of the training ECGs."""

    errors: ReadingErrors
    known: KnownEcgs

    def is_unlike(self, ensemble: Ensemble, features: Features) -> bool:
        """Whether an ECG is further from those in training than nearly all of them were."""
        submodel = ensemble.submodels[-1]
        if not submodel.applies(features):
            return False
        return self.known.distance(submodel.encoder(features)) > self.known.limit

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """As ``reading.npz`` has it."""
        errors = {f"errors.{i}": codes for i, codes in enumerate(self.errors.codes)}
        return {
            "quality": self.errors.quality,
            **errors,
            "center": self.known.center,
            "axes": self.known.axes,
            "limit": np.array(self.known.limit),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], submodels: int) -> "ReadingModel":
        """Restore what ``to_arrays`` gave. KeyError if an array is missing."""
        errors = tuple(arrays[f"errors.{i}"] for i in range(submodels))
        return cls(
            ReadingErrors(arrays["quality"], errors),
            KnownEcgs(arrays["center"], arrays["axes"], float(arrays["limit"])),
        )


def load_reading_model(ensemble: Ensemble, folder: Path | None = None) -> ReadingModel | None:
    """Read the file that belongs to an ensemble; None from a model folder that has none.

    Raises
    ------
    ModelMissingError
        If it is not there.
    ModelChangedError
        If it is not the one that the manifest names, or does not fit the ensemble.
    """
    files = read_optional_files(folder or model_folder(), ARRAYS)
    if files is None:
        return None
    with of_this_version(ARRAYS), np.load(io.BytesIO(files[0]), allow_pickle=False) as arrays:
        found = ReadingModel.from_arrays(arrays, len(ensemble.submodels))
        for submodel, errors in zip(ensemble.submodels, found.errors.codes, strict=True):
            if errors.shape != (len(found.errors.quality), len(submodel.encoder.low)):
                raise ValueError(f"{ARRAYS} has other codes than the ensemble")
    return found
