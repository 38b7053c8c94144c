"""The three classifiers of the ensemble, served in plain numpy.

Each holds what its library-trained twin learned and gives the same score for one record at a
time: a record's answer cannot depend on the records beside it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.encoder import LEVELS

Codes = NDArray[np.uint8]
Scores = NDArray[np.float64]

MEMBERS: Final = ("binary_relevance", "mlaram", "svm")

_ALPHA: Final = 1e-13  # MLARAM's guard against boxes of size zero, as in the library


@dataclass(frozen=True, slots=True)
class Forests:
    """Binary Relevance: one forest of extremely randomised trees a label.

    All trees lie one after the other, in the order of the labels and as many for each; a
    node's left child follows it.

    Attributes
    ----------
    roots : int32 array, shape (labels, trees)
    feature : int16 array, shape (nodes,)
        Which code a node looks at; -1 for a leaf.
    threshold : uint8 array, shape (nodes,)
        Left if the code is at most this.
    jump : uint16 array, shape (nodes,)
        How far on the right child lies; for a leaf, which of `values` it holds.
    values : float64 array
        The shares of positives that leaves hold.
    """

    roots: NDArray[np.int32]
    feature: NDArray[np.int16]
    threshold: NDArray[np.uint8]
    jump: NDArray[np.uint16]
    values: NDArray[np.float64]

    def __call__(self, codes: Codes) -> Scores:
        """Mean share of positives of the leaves reached, shape (labels,)."""
        node = self.roots.ravel()
        moving = np.arange(node.size)
        node = node.astype(np.intp)
        while moving.size:
            at = node[moving]
            inner = self.feature[at] >= 0
            moving, at = moving[inner], at[inner]
            left = codes[self.feature[at]] <= self.threshold[at]
            node[moving] = at + np.where(left, 1, self.jump[at])
        shares = self.values[self.jump[node]].reshape(self.roots.shape)
        return np.asarray(shares.mean(axis=1))


@dataclass(frozen=True, slots=True)
class MLARAM:
    """Multi-label ARAM network (Benites and Sapozhnikova, 2015).

    A neuron is a box in feature space with the labels of the records that made it. The boxes
    that fit a record almost as well as the best one vote with their labels.

    Attributes
    ----------
    low, high : uint8 arrays, shape (neurons, features)
        Corners of the boxes, as codes.
    labels : float64 array, shape (neurons, labels)
        How often each box met each label.
    threshold : float
        Share of the spread of activities by which a voting box may trail the best.
    columns : intp array, shape (features,)
        Which codes the network reads.
    """

    low: Codes
    high: Codes
    labels: Scores
    threshold: float
    columns: NDArray[np.intp]

    def __call__(self, codes: Codes) -> Scores:
        """Activity-weighted mean of the labels of the boxes that fit, shape (labels,)."""
        codes = codes[self.columns]
        features = len(codes)
        below = np.minimum(codes, self.low).sum(axis=1, dtype=np.int64)
        above = np.maximum(codes, self.high).sum(axis=1, dtype=np.int64)
        size = self.low.sum(axis=1, dtype=np.int64) - self.high.sum(axis=1, dtype=np.int64)
        overlap = (below - above + LEVELS * features) / LEVELS
        activity = overlap / ((size + LEVELS * features) / LEVELS + _ALPHA)
        best = activity.max()
        spread = best - activity.min()
        voting = np.flatnonzero((best - activity) / best <= self.threshold * spread)
        weights = activity[voting, None]
        return np.asarray((weights * self.labels[voting]).sum(axis=0) / weights.sum())


@dataclass(frozen=True, slots=True)
class SVM:
    """Multi-label support vector machine: one label against the rest, Gaussian kernel.

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
        """Signed distances from the labels' boundaries, in margins, shape (labels,)."""
        apart = self.vectors.astype(np.int32) - codes
        distance2 = (apart * apart).sum(axis=1) / LEVELS**2
        kernel = np.exp(-self.gamma * distance2)
        return np.asarray((kernel[:, None] * self.weights).sum(axis=0) + self.bias)
