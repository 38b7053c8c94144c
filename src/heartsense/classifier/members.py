"""Inference of the three classifiers in plain numpy.

Each holds the parameters of its library-trained counterpart and gives the same scores. They take
rows of codes; a row's scores do not depend on the other rows, to the last bit. Of some labels only,
they may differ in the last bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.encoder import LEVELS
from heartsense.classifier.leaf_masks import LeafMasks, Trees

Codes = NDArray[np.uint8]
Scores = NDArray[np.float64]

MEMBERS: Final = ("binary_relevance", "mlaram", "svm")

_MIDDLE: Final = LEVELS // 2
_ALPHA: Final = 1e-13  # MLARAM's choice parameter against division by zero, as in the library


@dataclass(frozen=True)
class BoostedTrees:
    """Binary relevance: gradient-boosted trees, one sequence per label (Friedman 2001).

    All trees are stored one after the other, the same number per label, in the order of the
    labels.

    Attributes
    ----------
    roots : int32 array, shape (labels, trees)
    feature : int16 array, shape (nodes,)
        Index of the code that a node tests; -1 for a leaf.
    threshold : uint8 array, shape (nodes,)
        Go left if the code is at most this.
    left, right : int32 arrays, shape (nodes,)
        Children of a node.
    value : float64 array, shape (nodes,)
        What a leaf adds to the log odds.
    baseline : float64 array, shape (labels,)
        Log odds before the first tree.
    """

    roots: NDArray[np.int32]
    feature: NDArray[np.int16]
    threshold: NDArray[np.uint8]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float64]
    baseline: NDArray[np.float64]

    def __call__(self, codes: Codes, labels: Sequence[int] | None = None) -> Scores:
        """Log odds of each label, shape (rows, labels), of codes of shape (rows, codes).

        Parameters
        ----------
        codes : uint8 array
        labels : sequence of int, optional
            Only these labels.
        """
        roots, masks, baseline = self.roots, self._masks, self.baseline
        if labels is not None:
            trees = np.arange(roots.size).reshape(roots.shape)[labels]
            roots, masks, baseline = roots[labels], masks.part(trees.ravel()), baseline[labels]
        by_code = np.ascontiguousarray(codes.T)

        def goes_right(nodes: NDArray[np.intp]) -> NDArray[np.bool_]:
            return by_code.take(self.feature[nodes], axis=0) > self.threshold[nodes, None]

        added = self.value[masks.leaves].take(masks.reached(len(codes), goes_right))
        by_tree = np.ascontiguousarray(added.T).reshape(len(codes), *roots.shape)
        return np.asarray(baseline + by_tree.sum(axis=2))

    @cached_property
    def _masks(self) -> LeafMasks:
        trees = Trees(self.roots.ravel().astype(np.intp), self.feature >= 0, self.left, self.right)
        return LeafMasks.of(trees)


@dataclass(frozen=True)
class MLARAM:
    """Multi-label ART network MLARAM (Benites and Sapozhnikova 2015).

    A neuron is a hyperrectangle in feature space with the labels of the records that formed it.
    The neurons whose activity is close to the best one vote with their labels.

    Attributes
    ----------
    low, high : uint8 arrays, shape (neurons, features)
        Corners of the hyperrectangles, as codes.
    labels : float64 array, shape (neurons, labels)
        How many records of each label each neuron learned from.
    threshold : float
        A neuron votes if its activity is within this fraction of the range below the best.
    columns : intp array, shape (features,)
        Indices of the codes that the network reads.
    """

    low: Codes
    high: Codes
    labels: Scores
    threshold: float
    columns: NDArray[np.intp]

    def __call__(self, codes: Codes, labels: Sequence[int] | None = None) -> Scores:
        """Activity-weighted mean of the labels of the voting neurons, shape (rows, labels).

        Parameters
        ----------
        codes : uint8 array, shape (rows, codes)
        labels : sequence of int, optional
            Only these labels.
        """
        numbers: dict[bytes, int] = {}  # rows that look alike to it are judged once
        back = [numbers.setdefault(row.tobytes(), len(numbers)) for row in codes[:, self.columns]]
        activity = self._activity(
            np.frombuffer(b"".join(numbers), np.uint8).reshape(len(numbers), -1)
        )
        best = activity.max(axis=1, keepdims=True)
        spread = best - activity.min(axis=1, keepdims=True)
        voting = np.flatnonzero((best - activity) / best <= self.threshold * spread)
        weights, rows = activity.ravel()[voting], len(activity)
        row, neuron = np.divmod(voting, activity.shape[1])
        ends = np.searchsorted(row, np.arange(rows + 1))
        total = np.array([weights[start:end].sum() for start, end in pairwise(ends)])
        of_labels = self.labels if labels is None else self.labels[:, labels]
        votes = [np.bincount(row, weights * label[neuron], rows) for label in of_labels.T]
        return np.asarray((np.column_stack(votes) / total[:, None])[back])

    def _activity(self, codes: Codes) -> Scores:
        """Activity of each neuron, shape (rows, neurons), for rows of the codes that it reads."""
        low, high = self._corners
        whole = np.min_scalar_type(LEVELS * len(low))
        apart = [
            (np.maximum(row, high) - np.minimum(row, low)).sum(axis=0, dtype=whole)
            for row in codes[:, :, None]
        ]
        return np.asarray((LEVELS * len(low) - np.array(apart)) / self._extent)

    @cached_property
    def _corners(self) -> tuple[Codes, Codes]:
        return np.ascontiguousarray(self.low.T), np.ascontiguousarray(self.high.T)

    @cached_property
    def _extent(self) -> Scores:
        size = (self.high.astype(np.int64) - self.low).sum(axis=1)
        return np.asarray(((LEVELS * len(self.columns) - size) / LEVELS + _ALPHA) * LEVELS)


@dataclass(frozen=True)
class SVM:
    """One-vs-rest support vector machines with a Gaussian kernel.

    Attributes
    ----------
    vectors : uint8 array, shape (vectors, features)
        Support vectors of all labels, as codes.
    weights : float64 array, shape (vectors, labels)
    bias : float64 array, shape (labels,)
    gamma : float
        Kernel exp(-gamma |x - v|^2).
    """

    vectors: Codes
    weights: Scores
    bias: Scores
    gamma: float

    def __call__(self, codes: Codes, labels: Sequence[int] | None = None) -> Scores:
        """Decision function of each label, in margins, shape (rows, labels).

        Parameters
        ----------
        codes : uint8 array, shape (rows, codes)
        labels : sequence of int, optional
            Only these labels.
        """
        weights, bias = self.weights, self.bias
        if labels is not None:
            weights, bias = weights[:, labels], bias[labels]
        kernel = self.distances(codes)
        kernel *= -self.gamma
        np.exp(kernel, out=kernel)
        # Adds vector by vector, whatever the number of rows, as a product of matrices does not.
        return np.asarray(np.einsum("rv,vl->rl", kernel, weights) + bias)

    def distances(self, codes: Codes) -> Scores:
        """Squared distances to the support vectors, shape (rows, vectors)."""
        vectors, norms = self._centred
        rows = codes.astype(np.float32) - _MIDDLE
        squared = ((-2 * rows) @ vectors.T).astype(np.float64)
        squared += (rows * rows).sum(axis=1)[:, None] + norms
        squared /= LEVELS**2
        return squared

    @cached_property
    def _centred(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The vectors, and their squared lengths.

        Whole numbers below 2 ** 24, which single precision adds without an error.
        """
        vectors = self.vectors.astype(np.float32) - _MIDDLE
        return vectors, (vectors * vectors).sum(axis=1)
