"""Gradient-boosted trees on measurements that may be missing, for strips and for statements.

The ensemble's own trees (``members.BoostedTrees``) read codes, none of which is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_MAX_DEPTH: Final = 64


@dataclass(frozen=True, slots=True, eq=False)
class GradientBoosting:
    """Trees of several rounds, with one tree a class in each round.

    The answer equals that of scikit-learn's ``HistGradientBoostingClassifier`` that the arrays
    come from, and does not depend on the other rows of a call.

    Attributes
    ----------
    baseline : float64 array, shape (scores,)
        One score for two classes, else one a class.
    roots : int32 array, shape (rounds, scores)
        Index of each tree's root node.
    feature : int16 array, shape (nodes,)
        Feature that a node splits; -1 for a leaf.
    threshold : float64 array, shape (nodes,)
        Values up to it go left.
    missing_left : bool array, shape (nodes,)
        Whether a missing value goes left.
    left, right : int32 arrays, shape (nodes,)
    value : float64 array, shape (nodes,)
        What a leaf adds to the score.
    """

    baseline: NDArray[np.float64]
    roots: NDArray[np.int32]
    feature: NDArray[np.int16]
    threshold: NDArray[np.float64]
    missing_left: NDArray[np.bool_]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float64]

    def scores(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Raw scores of rows of features, shape (rows, scores)."""
        rows = np.arange(len(features))[:, None]
        node = np.broadcast_to(self.roots.ravel(), (len(features), self.roots.size)).copy()
        for _ in range(_MAX_DEPTH):
            split = self.feature[node]
            inner = split >= 0
            if not inner.any():
                break
            value = features[rows, np.maximum(split, 0)]
            missing = np.isnan(value)
            goes_left = np.where(missing, self.missing_left[node], value <= self.threshold[node])
            child = np.where(goes_left, self.left[node], self.right[node])
            node = np.where(inner, child, node)
        added = self.value[node].reshape(len(features), *self.roots.shape)
        total = np.repeat(self.baseline[None, :], len(features), axis=0)
        for number in range(len(self.roots)):  # in the library's order, to the last bit
            total += added[:, number]
        return total

    def probabilities(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities, shape (rows, classes); two columns where there is one score."""
        scores = self.scores(features)
        if scores.shape[1] == 1:
            positive = 1 / (1 + np.exp(-scores[:, 0]))
            return np.column_stack((1 - positive, positive))
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        probabilities: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
        return probabilities

    def to_arrays(self, prefix: str) -> dict[str, NDArray[Any]]:
        """The arrays under names that begin with ``prefix``, for an ``.npz`` file."""
        return {f"{prefix}.{field.name}": getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], prefix: str) -> "GradientBoosting":
        """Restore what ``to_arrays`` gave. KeyError if one is missing."""
        return cls(**{field.name: arrays[f"{prefix}.{field.name}"] for field in fields(cls)})
