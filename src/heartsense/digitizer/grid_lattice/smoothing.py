"""Drop nodes that disagree with the paper round them, and fill in those that were not found."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.grid_lattice.growth import Lattice
from heartsense.numeric import Floats

Flags = NDArray[np.bool_]

RADIUS: Final = 3
"""Nodes on each side that a node is compared with."""

MAX_DEVIATIONS: Final = (0.12, 0.08, 0.06, 0.05)
"""Pitches that a node may lie beside the surface through its neighbours, round by round."""

SCATTER: Final = 0.03
"""Pitches of deviation at which a neighbour's weight has fallen to a quarter."""

MIN_NEIGHBOURS: Final = 14
"""Nodes within ``RADIUS`` without which a place is not on the paper."""

_OFFSETS: Final = [(j, i) for j in range(-RADIUS, RADIUS + 1) for i in range(-RADIUS, RADIUS + 1)]
_QUADRATIC: Final = np.array([[1, j, i, j * j, j * i, i * i] for j, i in _OFFSETS], np.float64)


@dataclass(frozen=True, slots=True)
class Surface:
    """The paper as a surface over the picture.

    Attributes
    ----------
    nodes : float64 array, shape (rows, columns, 2)
        Pixels (x, y) of every node of the grid.
    paper : bool array, shape (rows, columns)
        Nodes that lie on paper with a grid.
    """

    nodes: Floats
    paper: Flags


def complete(lattice: Lattice) -> Surface:
    """Keep the nodes that agree with their neighbourhood, and place all others by it.

    A trace that runs along a grid line draws nodes towards itself. Each node is compared with the
    quadratic surface that fits its neighbours best (reweighted least squares, Cauchy weights).
    """
    kept = lattice.found
    for limit in MAX_DEVIATIONS:
        fitted, neighbours = _fit(lattice.nodes, kept, SCATTER * lattice.pitch)
        deviation = np.hypot(*np.moveaxis(lattice.nodes - fitted, -1, 0))
        kept = kept & (deviation < limit * lattice.pitch)
    fitted, neighbours = _fit(lattice.nodes, kept, SCATTER * lattice.pitch)
    paper = neighbours >= MIN_NEIGHBOURS
    known = kept | paper
    if not known.any():
        return Surface(np.zeros_like(lattice.nodes), paper)
    placed = np.where(kept[..., None], lattice.nodes, fitted)
    return Surface(_extrapolated(placed, known), paper)


def _fit(nodes: Floats, kept: Flags, scatter: float) -> tuple[Floats, NDArray[np.int64]]:
    """Each place by the quadratic surface through the kept nodes round it, and their number."""
    rows, columns = kept.shape
    values = np.pad(np.where(kept[..., None], nodes, 0.0), ((RADIUS,) * 2, (RADIUS,) * 2, (0, 0)))
    present = np.pad(kept.astype(np.float64), RADIUS)
    windows = [
        (slice(RADIUS + j, RADIUS + j + rows), slice(RADIUS + i, RADIUS + i + columns))
        for j, i in _OFFSETS
    ]
    around = np.stack([values[window] for window in windows], axis=2)
    known = np.stack([present[window] for window in windows], axis=2)
    weight = known
    for _ in range(3):
        weighted = weight[..., None] * _QUADRATIC
        normal = np.swapaxes(weighted, 2, 3) @ _QUADRATIC + 1e-6 * np.eye(6)
        surface = np.linalg.solve(normal, np.swapaxes(weighted, 2, 3) @ around)
        deviation = np.hypot(*np.moveaxis(around - _QUADRATIC @ surface, -1, 0))
        weight = known / (1 + (deviation / scatter) ** 2) ** 2
    return surface[:, :, 0], known.sum(axis=2).astype(np.int64)


def _extrapolated(nodes: Floats, known: Flags) -> Floats:
    """Unknown nodes by a cubic surface through all known ones."""
    rows, columns = np.indices(known.shape)
    y, x = 2 * rows / max(rows.max(), 1) - 1, 2 * columns / max(columns.max(), 1) - 1
    cubic = np.stack([x**i * y**j for i in range(4) for j in range(4 - i)], axis=-1)
    surface = np.linalg.lstsq(cubic[known], nodes[known], rcond=None)[0]
    return np.where(known[..., None], nodes, cubic @ surface)
