"""Which leaf of each of many small trees a row reaches, without a walk down the trees.

QuickScorer (Lucchese et al. 2015, SIGIR '15: 73-82): a node that sends a row to the right rules out
the leaves below its left child. Of the leaves that no node rules out, the first one is reached. A
leaf is a bit, so all rows and trees take part in the same few operations.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """Binary trees: their roots, and of each node whether it is no leaf, and its children.

    ``roots`` intp (trees,), ``inner`` bool (nodes,), ``left`` and ``right`` integers (nodes,).
    """

    roots: Indices
    inner: NDArray[np.bool_]
    left: NDArray[np.integer[Any]]
    right: NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class LeafMasks:
    """Which of its tree's leaves each node rules out.

    Attributes
    ----------
    nodes : intp array, shape (most inner nodes of a tree, trees)
        The inner nodes of each tree in any order; any node where a tree has fewer.
    ruled_out : unsigned array, of the same shape
        Bits of the leaves that a node rules out when it sends a row to the right; none where a tree
        has fewer nodes.
    leaves : intp array, shape (trees, most leaves of a tree)
        The leaves of each tree, from left to right.
    """

    nodes: Indices
    ruled_out: NDArray[np.unsignedinteger[Any]]
    leaves: Indices

    @classmethod
    def of(cls, trees: Trees) -> "LeafMasks":
        """Number the leaves of trees. ValueError if one has more than 64."""
        levels = _levels(trees)
        count, first = _leaf_numbers(trees, [nodes for nodes, _ in levels])
        nodes, tree = (np.concatenate(parts) for parts in zip(*levels, strict=True))
        inner = trees.inner[nodes]
        leaves = np.zeros((len(trees.roots), count[trees.roots].max(initial=1)), np.intp)
        leaves[tree[~inner], first[nodes[~inner]]] = nodes[~inner]
        in_order = np.argsort(tree[inner], kind="stable")
        nodes, tree = nodes[inner][in_order], tree[inner][in_order]
        slot = np.arange(len(tree)) - np.searchsorted(tree, tree)
        one = np.uint64(1)
        below_left = (one << count[trees.left[nodes]].astype(np.uint64)) - one
        shape = (slot.max(initial=-1) + 1, len(trees.roots))
        at, ruled_out = np.zeros(shape, np.intp), np.zeros(shape, _bits(leaves.shape[1]))
        at[slot, tree] = nodes
        ruled_out[slot, tree] = below_left << first[nodes].astype(np.uint64)
        return cls(at, ruled_out, leaves)

    def part(self, trees: Indices) -> "LeafMasks":
        """Some of the trees."""
        return LeafMasks(self.nodes[:, trees], self.ruled_out[:, trees], self.leaves[trees])

    def reached(self, rows: int, goes_right: Callable[[Indices], NDArray[np.bool_]]) -> Indices:
        """The place in ``leaves`` of what each row reaches, one index of all its elements.

        Parameters
        ----------
        rows : int
        goes_right : callable
            Given one node of each tree, shape (trees,), it tells which rows they send to the right,
            bool, shape (trees, rows).

        Returns
        -------
        intp array, shape (trees, rows)
        """
        dtype = self.ruled_out.dtype
        ruled_out = np.zeros((len(self.leaves), rows), dtype)
        for nodes, leaves in zip(self.nodes, self.ruled_out, strict=True):
            ruled_out |= -goes_right(nodes).astype(dtype) & leaves[:, None]
        lowest = ~ruled_out & (ruled_out + dtype.type(1))  # the first bit that is not ruled out
        number = np.frexp(lowest.astype(np.float32))[1] - 1
        trees, most = self.leaves.shape
        return np.asarray(number + most * np.arange(trees)[:, None])


def _bits(leaves: int) -> type[np.unsignedinteger[Any]]:
    """The smallest integers that have a bit for each leaf."""
    for dtype in (np.uint8, np.uint16, np.uint32, np.uint64):
        if leaves <= np.iinfo(dtype).bits:
            return dtype
    raise ValueError(f"A tree has {leaves} leaves, more than 64")


def _levels(trees: Trees) -> list[tuple[Indices, Indices]]:
    """The nodes of each depth, and the trees that they are of."""
    nodes, tree = trees.roots, np.arange(len(trees.roots))
    levels = [(nodes, tree)]
    while (inner := trees.inner[nodes]).any():
        parents, tree = nodes[inner], np.tile(tree[inner], 2)
        nodes = np.concatenate((trees.left[parents], trees.right[parents])).astype(np.intp)
        levels.append((nodes, tree))
    return levels


def _leaf_numbers(trees: Trees, levels: list[Indices]) -> tuple[Indices, Indices]:
    """How many leaves are below each node, and the number of the first, from the left."""
    count, first = np.ones(len(trees.inner), np.intp), np.zeros(len(trees.inner), np.intp)
    parents = [nodes[trees.inner[nodes]] for nodes in levels]
    for nodes in reversed(parents):
        count[nodes] = count[trees.left[nodes]] + count[trees.right[nodes]]
    for nodes in parents:
        first[trees.left[nodes]] = first[nodes]
        first[trees.right[nodes]] = first[nodes] + count[trees.left[nodes]]
    return count, first
