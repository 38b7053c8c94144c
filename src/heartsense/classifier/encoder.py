"""Feature scaling: from one record's features to the 8-bit codes that the classifiers read."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

LEVELS: Final = 256
"""Features are quantised to multiples of 1/256 in [0, 1): sums of them are exact in binary, so no
score depends on the order of summation, and each takes one byte."""


@dataclass(frozen=True, slots=True)
class Features:
    """Features of one record.

    Attributes
    ----------
    embedding : float32 array, shape (e,)
        Pooled image features of the views, one view after the other.
    signal : float64 array, shape (m,)
        Signal features in the order of ``measurements.FEATURE_NAMES``, NaN where missing.
    """

    embedding: NDArray[np.float32]
    signal: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Projection:
    """Principal component analysis: ``center`` float32 (e,), the mean; ``axes`` float32 (k, e)."""

    center: NDArray[np.float32]
    axes: NDArray[np.float32]

    def __call__(self, values: NDArray[np.floating]) -> NDArray[np.float32]:
        """Components, shape (k,); missing values are replaced by the mean."""
        components: NDArray[np.float32] = self.axes @ self.centred(values)
        return components

    def centred(self, values: NDArray[np.floating]) -> NDArray[np.float32]:
        """The values less the mean, shape (e,); 0 where one is missing."""
        known = np.isfinite(values)
        return np.where(known, values, 0).astype(np.float32) - np.where(known, self.center, 0)


@dataclass(frozen=True, slots=True)
class Encoder:
    """Scaling constants, fixed at training, that turn features into codes.

    Attributes
    ----------
    views : Projection
        Of the embedding, to k components.
    beats : Projection
        Of the signal features in `beat_columns` (samples of the median beats), to b components.
    beat_columns, columns : intp arrays, shapes (s,) and (m,)
        Indices of the signal features that are projected, and of those that are read directly.
    low, high : float64 arrays, shape (k + b + m,)
        Values that map to 0 and 1; others are clipped.
    fill : uint8 array, shape (k + b + m,)
        Codes of missing features: the training median.
    """

    views: Projection
    beats: Projection
    beat_columns: NDArray[np.intp]
    columns: NDArray[np.intp]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    fill: NDArray[np.uint8]

    def raw(self, features: Features) -> NDArray[np.float64]:
        """Components and signal features before scaling, shape (k + b + m,)."""
        beats = self.beats(features.signal[self.beat_columns])
        return np.concatenate(
            [self.views(features.embedding), beats, features.signal[self.columns]]
        )

    def scale(self, raw: NDArray[np.float64]) -> NDArray[np.uint8]:
        """Codes of raw values, shape (..., k + b + m); a code c stands for c / 256."""
        scaled = (raw - self.low) / (self.high - self.low)
        known = np.isfinite(scaled)
        codes = np.rint(np.clip(np.where(known, scaled, 0), 0, 1) * (LEVELS - 1))
        return np.where(known, codes, self.fill).astype(np.uint8)

    def __call__(self, features: Features) -> NDArray[np.uint8]:
        """Codes of one record, shape (k + b + m,)."""
        return self.scale(self.raw(features))
