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
class Encoder:
    """Constants, frozen at training, that turn features into codes.

    Attributes
    ----------
    center, axes : float32 arrays, shapes (e,) and (k, e)
        Mean and principal axes of the embedding.
    columns : intp array, shape (m,)
        Which signal features are read.
    low, high : float64 arrays, shape (k + m,)
        Values that become 0 and 1; what lies beyond is clipped.
    fill : uint8 array, shape (k + m,)
        Codes of features that could not be measured: the median of training.
    """

    center: NDArray[np.float32]
    axes: NDArray[np.float32]
    columns: NDArray[np.intp]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    fill: NDArray[np.uint8]

    def raw(self, features: Features) -> NDArray[np.float64]:
        """Components of the embedding and the signal features read, shape (k + m,)."""
        components = self.axes @ (features.embedding - self.center)
        return np.concatenate([components, features.signal[self.columns]])

    def __call__(self, features: Features) -> NDArray[np.uint8]:
        """Codes of one record, shape (k + m,); a code c stands for c / 256."""
        raw = self.raw(features)
        scaled = (raw - self.low) / (self.high - self.low)
        known = np.isfinite(scaled)
        codes = np.rint(np.clip(np.where(known, scaled, 0), 0, 1) * (LEVELS - 1))
        return np.where(known, codes, self.fill).astype(np.uint8)
