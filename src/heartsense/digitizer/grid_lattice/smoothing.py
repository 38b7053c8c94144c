"""Drop nodes that disagree with the paper round them, smooth those that agree, fill in the rest."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.grid_lattice.lattice import Lattice
from heartsense.numeric import Floats, binomial_mean

Flags = NDArray[np.bool_]

RADIUS: Final = 3
"""Nodes on each side that a node is compared with."""

MAX_DEVIATIONS: Final = (0.12, 0.08, 0.06, 0.05)
"""Pitches that a node may lie beside the surface through its neighbours, round by round."""

SCATTER: Final = 0.03
"""Pitches of deviation at which a neighbour's weight has fallen to a quarter."""

MIN_NEIGHBOURS: Final = 14
"""Nodes within ``RADIUS`` without which a place is not on the paper."""

MAX_SMOOTH_DEVIATION: Final = 0.035
"""Pitches, median, by which nodes miss a cubic surface on paper without creases. Nodes of nine
scans and of three photos of smooth paper missed it by 0.01 to 0.028, of 21 creased ones by 0.056
and more. Smooth paper is not cubic: drawn pages that were placed by that surface lost 5 dB."""

CREASE_ROUNDS: Final = 2
"""Nodes that far on each side tell where a crease is. Two was best of one, two and four on 40 drawn
photos, and no worse than one on the real ones."""

_RIDGE: Final = np.diag([1e-6, 0.3, 0.3, 1.0, 1.0, 1.0])
"""Neighbours to one side only do not tell how the paper bends: then it is taken to go on as the
page does. Of a full neighbourhood, whose sums are 200 and more, this changes nothing."""

SPREAD_NODES: Final = 24
"""How far known values spread into what is not known."""

_BESIDE: Final = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))
_OFFSETS: Final = [(j, i) for j in range(-RADIUS, RADIUS + 1) for i in range(-RADIUS, RADIUS + 1)]
_QUADRATIC: Final = np.array([[1, j, i, j * j, j * i, i * i] for j, i in _OFFSETS], np.float64)
_PAIRS: Final = np.array([(a, b) for a in range(6) for b in range(a, 6)])
_PRODUCTS: Final = np.ascontiguousarray(_QUADRATIC[:, _PAIRS].prod(axis=2).T)
_PRODUCT_OF: Final = np.zeros((6, 6), np.int64)
"""Row of ``_PRODUCTS`` for each element of the normal matrix."""
_PRODUCT_OF[tuple(_PAIRS.T)] = _PRODUCT_OF[tuple(_PAIRS.T[::-1])] = np.arange(len(_PAIRS))


@dataclass(frozen=True, slots=True)
class Surface:
    """The paper as a surface over the picture.

    Attributes
    ----------
    nodes : float64 array, shape (rows, columns, 2)
        Pixels (x, y) of every node of the grid.
    paper : bool array, shape (rows, columns)
        Nodes that lie on paper with a grid.
    is_smooth : bool
        Whether the paper has no creases.
    """

    nodes: Floats
    paper: Flags
    is_smooth: bool = False


def complete(lattice: Lattice) -> Surface:
    """Keep the nodes that agree with their neighbourhood, and place all others by it.

    A trace that runs along a grid line draws nodes towards itself. Each node is compared with the
    quadratic surface that fits its neighbours best (reweighted least squares, Cauchy weights).
    """
    kept = lattice.found
    for limit in MAX_DEVIATIONS:
        fitted, *_ = _fit(lattice.nodes, kept, SCATTER * lattice.pitch)
        deviation = np.hypot(*np.moveaxis(lattice.nodes - fitted, -1, 0))
        kept = kept & (deviation < limit * lattice.pitch)
    fitted, neighbours, cubic = _fit(lattice.nodes, kept, SCATTER * lattice.pitch)
    paper = neighbours >= MIN_NEIGHBOURS
    known = kept | paper
    if not known.any():
        return Surface(np.zeros_like(lattice.nodes), paper)
    beside = np.hypot(*(lattice.nodes - cubic)[kept].T)
    is_smooth = bool(np.median(beside) < MAX_SMOOTH_DEVIATION * lattice.pitch)
    if not is_smooth:
        fitted = fitted + _creases(lattice.nodes - fitted, kept)
    return Surface(_extrapolated(fitted, known), paper, is_smooth)


def _creases(beside: Floats, kept: Flags) -> Floats:
    """How far the paper lies beside the fitted surface: means of the kept nodes around.

    At a crease neighbours lie beside it on the same side. Taken alone a node is 0.1 mm or so beside
    its lines, as it was found on a reduced copy.
    """
    deviation = np.where(kept[..., None], beside, 0.0)
    means = [binomial_mean(v, kept, CREASE_ROUNDS) for v in np.moveaxis(deviation, -1, 0)]
    return np.stack(means, axis=-1)


def _fit(nodes: Floats, kept: Flags, scatter: float) -> tuple[Floats, NDArray[np.int64], Floats]:
    """Each place by the quadratic surface through the kept nodes round it, and their number.

    It is fitted to how far the nodes lie from a cubic surface through all of them: the last that
    is returned.
    """
    page = _cubic_surface(nodes, kept)
    beside = np.where(kept[..., None], nodes - page, 0.0)
    around_x, around_y, known = (
        _neighbourhoods(values)
        for values in (beside[..., 0], beside[..., 1], kept.astype(np.float64))
    )
    weight = known
    for _ in range(3):
        normal = (_PRODUCTS @ weight)[_PRODUCT_OF] + _RIDGE[:, :, None]
        right = np.stack([_QUADRATIC.T @ (weight * v) for v in (around_x, around_y)], axis=1)
        surface = _solve(normal, right)
        square = (around_x - _QUADRATIC @ surface[:, 0]) ** 2
        square += (around_y - _QUADRATIC @ surface[:, 1]) ** 2
        weight = known / (1 + square / scatter**2) ** 2
    fitted = page + surface[0].T.reshape(*kept.shape, 2)
    return fitted, known.sum(axis=0).reshape(kept.shape).astype(np.int64), page


def _neighbourhoods(values: Floats) -> Floats:
    """Values within ``RADIUS`` of each place, shape (offsets, places); 0 outside."""
    rows, columns = values.shape
    padded = np.pad(values, RADIUS)
    return np.stack(
        [
            padded[RADIUS + j : RADIUS + j + rows, RADIUS + i : RADIUS + i + columns].ravel()
            for j, i in _OFFSETS
        ]
    )


def _solve(matrix: Floats, right: Floats) -> Floats:
    """Solve many small positive definite systems at once, by Gaussian elimination.

    Parameters
    ----------
    matrix : float64 array, shape (k, k, n)
    right : float64 array, shape (k, m, n)

    Returns
    -------
    float64 array, shape (k, m, n)
    """
    matrix, right = matrix.copy(), right.copy()
    size = len(matrix)
    for k in range(size - 1):
        factor = matrix[k + 1 :, k] / matrix[k, k]
        matrix[k + 1 :, k:] -= factor[:, None] * matrix[k, k:]
        right[k + 1 :] -= factor[:, None] * right[k]
    for k in range(size - 1, -1, -1):
        right[k] -= (matrix[k, k + 1 :, None] * right[k + 1 :]).sum(axis=0)
        right[k] /= matrix[k, k]
    return right


def _extrapolated(nodes: Floats, known: Flags) -> Floats:
    """Unknown nodes by a cubic surface through all known ones, and by how far those beside miss it.

    So the paper has no step where the known nodes end.
    """
    surface = _cubic_surface(nodes, known)
    return np.asarray(surface + spread(nodes - surface, known))


def _cubic_surface(nodes: Floats, known: Flags) -> Floats:
    """All nodes by the cubic surface through the known ones."""
    if not known.any():
        return np.zeros_like(nodes)
    rows, columns = np.indices(known.shape)
    y, x = 2 * rows / max(rows.max(), 1) - 1, 2 * columns / max(columns.max(), 1) - 1
    cubic = np.stack([x**i * y**j for i in range(4) for j in range(4 - i)], axis=-1)
    return np.asarray(cubic @ np.linalg.lstsq(cubic[known], nodes[known], rcond=None)[0])


def spread(values: Floats, known: Flags) -> Floats:
    """Known values as they are; into the others those beside them spread.

    Parameters
    ----------
    values : float64 array, shape (rows, columns, n)
    known : bool array, shape (rows, columns)

    Returns
    -------
    float64 array, shape (rows, columns, n)
        0 farther than ``SPREAD_NODES`` from all known ones.
    """
    reached = known[..., None].astype(np.float64)
    filled = np.where(known[..., None], values, 0.0)
    for _ in range(SPREAD_NODES):
        total, count = (
            sum(padded[1 + j :, 1 + i :][: known.shape[0], : known.shape[1]] for j, i in _BESIDE)
            for padded in (np.pad(v, ((1, 1), (1, 1), (0, 0))) for v in (filled, reached))
        )
        filled = np.where(known[..., None], values, total / np.maximum(count, 1.0))
        reached = np.minimum(count, 1.0)
    return filled
