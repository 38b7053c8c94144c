"""Parts of one grid that a fold or a crease divides are joined to one lattice.

Growth stops where the paper turns by more than a prediction allows. Beyond the fold the grid goes
on with about the same steps: it is followed anew from there, and numbered on by where the first
part expects its nodes.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.grid_lattice.growth import MAX_NODES, grow_lattice
from heartsense.digitizer.grid_lattice.lattice import Lattice
from heartsense.digitizer.grid_lattice.seed import LatticeSeed
from heartsense.digitizer.ink.segmentation import FloatImage
from heartsense.numeric import Floats, Indices

STARTS: Final = (7, 9)
"""Places down and across the picture from which further parts are followed."""

MIN_DISTANCE: Final = 2.0
"""Cells between such a place and the nodes that are known."""

MAX_DISTANCE: Final = 25.0

MIN_PART_NODES: Final = 40
"""Fewer may be texture in which single lines were seen."""

REACH: Final = 2.5
"""Cells from a part's nodes to the nearest known one within which these tell how it is numbered."""

MAX_REACH: Final = 5.0
"""The same where fewer than ``ENOUGH_PAIRS`` are so near, as beside a wide fold or a shadow."""

ENOUGH_PAIRS: Final = 16
MIN_PAIRS: Final = 8
MIN_AGREEING: Final = 0.7
MAX_OFFSET_ERROR: Final = 0.35
"""Share of such nodes that must lie so near, in cells, to the place that their number has."""

MIN_CELL: Final = 0.2
"""Area of a cell below which its steps are of no use, in squares of the pitch."""

NEIGHBOURHOOD: Final = 5
"""Nodes on each side over which the steps of the grid are taken."""


def join_parts(dark: FloatImage, lattice: Lattice) -> Lattice:
    """The lattice with the parts of the same grid beside it, from the nearest on.

    Parameters
    ----------
    dark : float32 array, shape (height, width)
        Darkness in the channel that shows the grid best.
    lattice : Lattice
        The largest part.
    """
    starts = _starts(dark.shape)
    nodes = lattice.nodes[lattice.found]
    distance = [_nearest(nodes, start)[1] for start in starts]
    unknown = _without(dark, lattice)
    for start in starts[np.argsort(distance, kind="stable")]:
        part = _followed_from(start, unknown, lattice)
        if part is None:
            continue
        offset = _offset(lattice, part)
        if offset is not None:
            lattice = _joined(lattice, part, offset)
        unknown = _without(unknown, part)  # also what is not the page's: followed once is enough
    return lattice


def _followed_from(start: Floats, unknown: FloatImage, lattice: Lattice) -> Lattice | None:
    """What is followed from a place beside a lattice, by its steps; None where that is no part."""
    nearest, distance = _nearest(lattice.nodes[lattice.found], start)
    pitch = lattice.pitch
    if not MIN_DISTANCE <= distance / pitch <= MAX_DISTANCE:
        return None
    steps = _steps(lattice, np.argwhere(lattice.found)[nearest])
    if not _span_cells(steps, pitch):
        return None
    right, down = steps
    part = grow_lattice(unknown, LatticeSeed(start, right, down, 0.0))
    return part if int(part.found.sum()) >= MIN_PART_NODES else None


def _without(dark: FloatImage, lattice: Lattice) -> FloatImage:
    """A copy without what lies round the nodes, so that no part is followed twice."""
    blank = dark.copy()
    reach = lattice.pitch / 2
    height, width = dark.shape
    for x, y in lattice.nodes[lattice.found]:
        left, top = max(int(x - reach), 0), max(int(y - reach), 0)
        blank[top : min(int(y + reach) + 1, height), left : min(int(x + reach) + 1, width)] = 0.0
    return blank


def _starts(shape: tuple[int, ...]) -> Floats:
    """Places spread evenly over a picture, pixels (x, y)."""
    y, x = (
        (np.arange(count) + 0.5) / count * length
        for count, length in zip(STARTS, shape, strict=True)
    )
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def _nearest(nodes: Floats, place: Floats) -> tuple[int, float]:
    """Which node, of shape (nodes, 2), is nearest to a place, and pixels to it."""
    distance = np.hypot(*(nodes - place).T)
    nearest = int(np.argmin(distance))
    return nearest, float(distance[nearest])


def _steps(lattice: Lattice, node: Indices) -> Floats:
    """Median steps to the right and down round a node, pixels (x, y); NaN where none is known."""
    top, left = np.maximum(node - NEIGHBOURHOOD, 0)
    near = lattice.nodes[top : node[0] + NEIGHBOURHOOD + 1, left : node[1] + NEIGHBOURHOOD + 1]
    return np.array([_median_step(near, axis) for axis in (1, 0)])


def _median_step(nodes: Floats, axis: int) -> Floats:
    steps = np.diff(nodes, axis=axis).reshape(-1, 2)
    known = steps[np.isfinite(steps[:, 0])]
    return np.asarray(np.median(known, axis=0)) if len(known) else np.full(2, np.nan)


def _span_cells(steps: Floats, pitch: float) -> NDArray[np.bool_]:
    """Whether steps to the right and down span a cell, so that places can be counted in them."""
    right, down = steps[..., 0, :], steps[..., 1, :]
    area = right[..., 0] * down[..., 1] - right[..., 1] * down[..., 0]
    return np.asarray(np.abs(area) > MIN_CELL * pitch**2)


def _offset(lattice: Lattice, part: Lattice) -> Indices | None:
    """Row and column in the lattice of the part's first node; None where its nodes disagree.

    Cells between both are counted in the mean of their steps: at a fold these differ.
    """
    known, nodes, pitch = np.argwhere(lattice.found), lattice.nodes[lattice.found], lattice.pitch
    own, places = np.argwhere(part.found), part.nodes[part.found]
    nearest, distance = map(
        np.array, zip(*(_nearest(nodes, place) for place in places), strict=True)
    )
    enough = min(ENOUGH_PAIRS, len(distance)) - 1
    farthest = np.partition(distance, enough)[enough]
    near = np.flatnonzero(distance <= np.clip(farthest, REACH * pitch, MAX_REACH * pitch))
    steps = (_steps_at(lattice, known[nearest[near]]) + _steps_at(part, own[near])) / 2
    spans = _span_cells(steps, pitch)
    near = near[spans]
    if len(near) < MIN_PAIRS:
        return None
    away = places[near] - nodes[nearest[near]]
    right_down = np.linalg.solve(steps[spans].transpose(0, 2, 1), away[:, :, None])[..., 0]
    offsets = known[nearest[near]] + right_down[:, ::-1] - own[near]
    whole = np.rint(np.median(offsets, axis=0))
    agrees = (np.abs(offsets - whole) < MAX_OFFSET_ERROR).all(axis=1)
    return whole.astype(np.int64) if agrees.mean() >= MIN_AGREEING else None


def _steps_at(lattice: Lattice, nodes: Indices) -> Floats:
    """``_steps`` round each of some nodes, shape (nodes, 2, 2)."""
    each, which = np.unique(nodes, axis=0, return_inverse=True)
    return np.array([_steps(lattice, node) for node in each]).reshape(-1, 2, 2)[which.ravel()]


def _joined(lattice: Lattice, part: Lattice, offset: Indices) -> Lattice:
    """Both parts; a node that both have is the first one's."""
    first = np.minimum(offset, 0)
    size = np.maximum(lattice.nodes.shape[:2], offset + part.nodes.shape[:2]) - first
    if (size > 2 * MAX_NODES).any():
        return lattice
    nodes = np.full((*size, 2), np.nan)
    for one, corner in ((part, offset - first), (lattice, -first)):
        rows, columns = one.nodes.shape[:2]
        place = nodes[corner[0] : corner[0] + rows, corner[1] : corner[1] + columns]
        place[one.found] = one.nodes[one.found]
    return Lattice(nodes)
