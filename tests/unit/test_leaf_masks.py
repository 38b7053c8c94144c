from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from heartsense.classifier.leaf_masks import LeafMasks, Trees

Built = tuple[Trees, NDArray[np.int64], NDArray[np.float64]]


def grow(rng: np.random.Generator, trees: int, most_leaves: int, features: int) -> Built:
    """Trees of any shape, with the feature (-1 of a leaf) and the threshold of each node."""
    left, right, feature, roots = (list[int]() for _ in range(4))
    for _ in range(trees):
        roots.append(len(feature))
        leaves = [len(feature)]
        left.append(0)
        right.append(0)
        feature.append(-1)
        for _ in range(rng.integers(0, most_leaves)):
            node = leaves.pop(rng.integers(len(leaves)))
            feature[node] = int(rng.integers(features))
            children = [len(feature), len(feature) + 1]
            left[node], right[node] = children if rng.random() < 0.5 else reversed(children)
            leaves += children
            left += [0, 0]
            right += [0, 0]
            feature += [-1, -1]
    shape = np.array(feature, int)
    grown = Trees(np.array(roots, np.intp), shape >= 0, np.array(left, int), np.array(right, int))
    return grown, shape, rng.random(len(shape))


def walk(built: Built, root: int, row: NDArray[np.float64]) -> int:
    trees, feature, threshold = built
    node = root
    while trees.inner[node]:
        right = row[feature[node]] > threshold[node]
        node = int(trees.right[node] if right else trees.left[node])
    return node


@given(
    st.integers(0, 2**32),
    st.integers(0, 7),
    st.sampled_from([1, 2, 8, 9, 16, 30, 33, 64]),
    st.integers(0, 6),
)
def test_every_row_reaches_the_leaf_that_a_walk_reaches(
    seed: int, trees: int, most_leaves: int, rows: int
) -> None:
    rng = np.random.default_rng(seed)
    built = grow(rng, trees, most_leaves, 5)
    shape, feature, threshold = built
    values = rng.random((rows, 5))

    def goes_right(nodes: NDArray[np.intp]) -> NDArray[np.bool_]:
        return np.asarray(values.T[feature[nodes]] > threshold[nodes, None])

    masks = LeafMasks.of(shape)
    reached = masks.leaves.take(masks.reached(rows, goes_right))
    walked = [[walk(built, int(root), row) for row in values] for root in shape.roots]
    assert reached.tolist() == walked
    some = np.flatnonzero(rng.random(trees) < 0.5)
    part = masks.part(some)
    assert part.leaves.take(part.reached(rows, goes_right)).tolist() == [walked[i] for i in some]


def test_more_leaves_than_bits_are_refused() -> None:
    inner = np.array([True] * 64 + [False] * 65)
    left: NDArray[Any] = np.r_[np.arange(64, 128), np.zeros(65, int)]
    right: NDArray[Any] = np.r_[np.arange(1, 64), 128, np.zeros(65, int)]
    with pytest.raises(ValueError, match="65 leaves"):
        LeafMasks.of(Trees(np.array([0]), inner, left, right))
