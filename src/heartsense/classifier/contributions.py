"""What each measurement adds to the boosted trees' score, against an ECG of median measurements.

Shapley values with one reference (interventional TreeSHAP, Lundberg et al. 2020, Nat Mach Intell
2:56-67): for a tree's leaf that the ECG and the reference reach by different features, what each of
these features does is known in closed form, so the contributions are exact and sum to the
difference of the two scores.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import factorial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.encoder import LEVELS, Encoder, Features
from heartsense.classifier.ensemble import Ensemble, SubModel
from heartsense.classifier.members import BoostedTrees

Values = NDArray[np.float64]

_NO_FEATURE: Final = -1


@dataclass(frozen=True, slots=True)
class Leaves:
    """The leaves of boosted trees as boxes: the codes that reach each.

    Attributes
    ----------
    label : intp array, shape (leaves,)
    value : float64 array, shape (leaves,)
        What a leaf adds to the log odds.
    feature : intp array, shape (most features of a path, leaves)
        Each feature of a path once; -1 where a path has fewer.
    low, high : int16 arrays, of the same shape
        A code reaches the leaf if it is above ``low`` and at most ``high``.
    """

    label: NDArray[np.intp]
    value: Values
    feature: NDArray[np.intp]
    low: NDArray[np.int16]
    high: NDArray[np.int16]

    @classmethod
    def of(cls, trees: BoostedTrees) -> "Leaves":
        """The leaves of all trees of all labels."""
        leaf = np.flatnonzero(trees.feature < 0)
        root, (feature, low, high) = _paths(trees, leaf)
        for earlier, later in combinations(range(len(feature)), 2):
            again = feature[later] == feature[earlier]
            low[earlier] = np.where(again, np.maximum(low[earlier], low[later]), low[earlier])
            high[earlier] = np.where(again, np.minimum(high[earlier], high[later]), high[earlier])
            feature[later][again] = _NO_FEATURE
        label = np.zeros(len(trees.feature), np.intp)
        label[trees.roots] = np.arange(len(trees.roots))[:, None]
        return cls(label[root], trees.value[leaf], feature.astype(np.intp), low, high)

    def __call__(self, codes: NDArray[np.uint8], other: NDArray[np.bool_]) -> Values:
        """Contribution of each code to each label's log odds, shape (labels, codes).

        ``other`` is what ``inside`` gives for the reference.
        """
        own = self.inside(codes)
        reached = np.flatnonzero((own | other).all(axis=0))
        own, other = own.take(reached, axis=1), other.take(reached, axis=1)
        only_own, only_other = own & ~other, other & ~own
        for_leaf, against = only_own.sum(axis=0), only_other.sum(axis=0)
        gain = np.where(for_leaf > 0, _weight(for_leaf - 1, against), 0.0)
        loss = np.where(against > 0, _weight(for_leaf, against - 1), 0.0)
        share: Values = only_own * gain - only_other * loss
        added = share * self.value[reached]
        place = self.label[reached] * len(codes) + np.maximum(self.feature.take(reached, axis=1), 0)
        size = (int(self.label.max()) + 1) * len(codes)
        total = np.bincount(place.T.ravel(), weights=added.T.ravel(), minlength=size)
        return np.asarray(total.reshape(-1, len(codes)), np.float64)

    def inside(self, codes: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Which features of each path lead to its leaf; true where a path has fewer."""
        code = codes[np.maximum(self.feature, 0)]
        inside: NDArray[np.bool_] = (code > self.low) & (code <= self.high)
        return np.asarray(inside | (self.feature == _NO_FEATURE))


def _paths(
    trees: BoostedTrees, node: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.int16]]:
    """The roots above nodes, and the tests on the way up to them.

    Returns
    -------
    roots : intp array, shape (nodes,)
    tests : int16 array, shape (3, steps, nodes)
        The feature of each step (-1 above a root), the code above and that up to which it is left.
    """
    inner = np.flatnonzero(trees.feature >= 0)
    parent = np.full(len(trees.feature), -1, np.intp)
    parent[trees.left[inner]] = parent[trees.right[inner]] = inner
    is_right = np.zeros(len(trees.feature), np.bool_)
    is_right[trees.right[inner]] = True
    steps = []
    while ((above := parent[node]) >= 0).any():
        tested = above >= 0
        threshold = trees.threshold[above].astype(np.int16)
        feature = np.where(tested, trees.feature[above], _NO_FEATURE)
        low = np.where(tested & is_right[node], threshold, -1)
        high = np.where(tested & ~is_right[node], threshold, LEVELS)
        steps.append((feature, low, high))
        node = np.where(tested, above, node)
    tests = np.array(steps, np.int16).reshape(len(steps), 3, len(node))
    return node, np.moveaxis(tests, 1, 0)


_LONGEST: Final = 32
_WEIGHTS: Final = np.array(
    [
        [factorial(a) * factorial(b) / factorial(a + b + 1) for b in range(_LONGEST)]
        for a in range(_LONGEST)
    ]
)
"""Share of the orders of a + b + 1 features in which one stands after a others and before b."""


def _weight(before: NDArray[np.intp], after: NDArray[np.intp]) -> Values:
    return np.asarray(_WEIGHTS[np.maximum(before, 0), np.maximum(after, 0)])


class Explainer:
    """Contributions of the signal features to the boosted trees' scores of an ensemble."""

    def __init__(self, ensemble: Ensemble) -> None:
        self._ensemble = ensemble

    @cached_property
    def _leaves(self) -> list[tuple[Leaves, NDArray[np.bool_]]]:
        """The leaves of each sub-model, and what the median ECG's codes reach of them."""
        submodels = self._ensemble.submodels
        leaves = [Leaves.of(submodel.boosting) for submodel in submodels]
        pairs = zip(submodels, leaves, strict=True)
        return [(of, of.inside(submodel.encoder.fill)) for submodel, of in pairs]

    def __call__(self, features: Features) -> Values:
        """Contribution of each signal feature to each label's log odds.

        Returns
        -------
        float64 array, shape (labels, signal features + 1)
            The last column is what the network saw in the views. A row sums to the difference of
            the score and that of an ECG whose measurements are all the training median.
        """
        pairs = zip(self._ensemble.submodels, self._leaves, strict=True)
        found = [
            _by_signal_feature(submodel, leaves, median, features)
            for submodel, (leaves, median) in pairs
            if submodel.applies(features)
        ]
        return np.asarray(np.mean(found, axis=0))


def _by_signal_feature(
    submodel: SubModel, leaves: Leaves, median: NDArray[np.bool_], features: Features
) -> Values:
    encoder = submodel.encoder
    codes = leaves(encoder(features), median)
    views, beats = len(encoder.views.axes), len(encoder.beats.axes)
    total = np.zeros((len(codes), len(features.signal) + 1))
    total[:, -1] = codes[:, :views].sum(axis=1)
    total[:, encoder.columns] += codes[:, views + beats :]
    total[:, encoder.beat_columns] += codes[:, views : views + beats] @ _shares(encoder, features)
    return total


def _shares(encoder: Encoder, features: Features) -> Values:
    """How far each sample of the median beats moves each component, as shares of 1."""
    values = features.signal[encoder.beat_columns]
    moved = np.where(np.isfinite(values), values - encoder.beats.center, 0.0)
    size = np.abs(encoder.beats.axes * moved)
    return np.asarray(size / np.maximum(size.sum(axis=1, keepdims=True), 1e-12))
