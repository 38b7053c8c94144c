"""Gradient-boosted trees on measurements that may be missing, for strips and for statements.

The ensemble's own trees (``members.BoostedTrees``) read codes, none of which is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.leaf_masks import LeafMasks, Trees


@dataclass(frozen=True, eq=False)
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
        by_feature = np.ascontiguousarray(features.T)
        missing = np.isnan(by_feature)

        def goes_right(nodes: NDArray[np.intp]) -> NDArray[np.bool_]:
            split = self.feature[nodes]
            low = by_feature.take(split, axis=0) <= self.threshold[nodes, None]
            low |= missing.take(split, axis=0) & self.missing_left[nodes, None]
            return np.logical_not(low)

        reached = self._masks.reached(len(features), goes_right)
        added = self.value[self._masks.leaves].take(reached)
        by_round = added.T.reshape(len(features), *self.roots.shape)
        first = np.repeat(self.baseline[None, None, :], len(features), axis=0)
        # In the library's order, to the last bit.
        total: NDArray[np.float64] = np.cumsum(np.concatenate((first, by_round), axis=1), axis=1)
        return total[:, -1]

    @cached_property
    def _masks(self) -> LeafMasks:
        trees = Trees(self.roots.ravel().astype(np.intp), self.feature >= 0, self.left, self.right)
        return LeafMasks.of(trees)

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
