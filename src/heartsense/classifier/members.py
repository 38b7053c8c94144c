"""Inference of the three classifiers in plain numpy.

Each holds the parameters of its library-trained counterpart and gives the same scores. They take
rows of codes; a row's scores do not depend on the other rows, to the last bit.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.encoder import LEVELS

Codes = NDArray[np.uint8]
Scores = NDArray[np.float64]

MEMBERS: Final = ("binary_relevance", "mlaram", "svm")

_ALPHA: Final = 1e-13  # MLARAM's choice parameter against division by zero, as in the library


@dataclass(frozen=True, slots=True)
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

    def __call__(self, codes: Codes) -> Scores:
        """Log odds of each label, shape (rows, labels), of codes of shape (rows, codes)."""
        trees = self.roots.size
        node = np.tile(self.roots.ravel().astype(np.intp), len(codes))
        active = np.arange(node.size)
        while active.size:
            at = node[active]
            inner = self.feature[at] >= 0
            active, at = active[inner], at[inner]
            goes_left = codes[active // trees, self.feature[at]] <= self.threshold[at]
            node[active] = np.where(goes_left, self.left[at], self.right[at])
        added = self.value[node].reshape(len(codes), *self.roots.shape)
        return np.asarray(self.baseline + added.sum(axis=2))


@dataclass(frozen=True, slots=True)
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

    def __call__(self, codes: Codes) -> Scores:
        """Activity-weighted mean of the labels of the voting neurons, shape (rows, labels)."""
        low, high = np.ascontiguousarray(self.low.T), np.ascontiguousarray(self.high.T)
        width = LEVELS * len(self.columns)
        extent = (_sums(low) - _sums(high) + width) / LEVELS + _ALPHA
        scores = []
        for row in codes[:, self.columns, None]:
            sums = _sums(np.minimum(row, low)) - _sums(np.maximum(row, high))
            scores.append(self._vote((sums + width) / LEVELS / extent))
        return np.array(scores)

    def _vote(self, activity: Scores) -> Scores:
        best = activity.max()
        spread = best - activity.min()
        voting = np.flatnonzero((best - activity) / best <= self.threshold * spread)
        weights = activity[voting, None]
        return np.asarray((weights * self.labels[voting]).sum(axis=0) / weights.sum())


def _sums(columns: Codes) -> NDArray[np.int64]:
    """Sums of the columns of codes."""
    return np.asarray(columns.sum(axis=0, dtype=np.int64))


@dataclass(frozen=True, slots=True)
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

    def __call__(self, codes: Codes) -> Scores:
        """Decision function of each label, in margins, shape (rows, labels)."""
        kernel = np.exp(-self.gamma * self.distances(codes))
        rows = [(row[:, None] * self.weights).sum(axis=0) for row in kernel]
        return np.array(rows) + self.bias

    def distances(self, codes: Codes) -> Scores:
        """Squared distances to the support vectors, shape (rows, vectors)."""
        middle = LEVELS // 2
        # Whole numbers below 2 ** 24, which single precision adds without an error.
        rows, vectors = (values.astype(np.float32) - middle for values in (codes, self.vectors))
        norms = (rows * rows).sum(axis=1)[:, None] + (vectors * vectors).sum(axis=1)
        squared = norms.astype(np.float64) - 2 * (rows @ vectors.T).astype(np.float64)
        return np.asarray(squared / LEVELS**2)
