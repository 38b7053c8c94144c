"""From one record's features to the numbers in [0, 1] that the three classifiers read."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

LEVELS: Final = 256
"""Features lie on a grid of 1/256 in [0, 1): every sum of them is exact in binary, so no
answer depends on the order in which something was added up, and stored ones take a byte."""


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of one record.

    ``embedding`` is the pooled features of the views one after the other, float32;
    ``signal`` the measurements in the order of ``measurements.FEATURE_NAMES``, float64,
    NaN where one could not be measured.
    """

    embedding: NDArray[np.float32]
    signal: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Projection:
    """Principal axes of many numbers that say much the same.

    ``center`` float32, shape (e,), the mean; ``axes`` float32, shape (k, e).
    """

    center: NDArray[np.float32]
    axes: NDArray[np.float32]

    def __call__(self, values: NDArray[np.floating]) -> NDArray[np.float32]:
        """Components, shape (k,); what is unknown counts as the mean."""
        known = np.isfinite(values)
        apart = np.where(known, values, 0).astype(np.float32) - np.where(known, self.center, 0)
        components: NDArray[np.float32] = self.axes @ apart
        return components


@dataclass(frozen=True, slots=True)
class Encoder:
    """Constants, frozen at training, that turn features into codes.

    Attributes
    ----------
    views : Projection
        Of the embedding, to k components.
    beats : Projection
        Of the signal features in `beat_columns` (samples of the median beats), to b components.
    beat_columns, columns : intp arrays, shapes (s,) and (m,)
        Which signal features are projected and which are read as they are.
    low, high : float64 arrays, shape (k + b + m,)
        Values that become 0 and 1; what lies beyond is clipped.
    fill : uint8 array, shape (k + b + m,)
        Codes of features that could not be measured: the median of training.
    """

    views: Projection
    beats: Projection
    beat_columns: NDArray[np.intp]
    columns: NDArray[np.intp]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    fill: NDArray[np.uint8]

    def raw(self, features: Features) -> NDArray[np.float64]:
        """Components and the signal features read, not yet scaled, shape (k + b + m,)."""
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
