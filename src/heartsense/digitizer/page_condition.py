"""How a picture was taken: its sharpness and light, and how tilted and bent the paper is."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from heartsense.digitizer.grid_lattice import Lattice
from heartsense.numeric import Floats, histogram_quantile

LIGHT_CELLS: Final = 24
"""Light is measured in so many cells across the picture."""

MARGIN: Final = 8
"""Pixels on each side of an edge over which it may rise."""

MIN_STEP, MIN_CONTRAST = 8.0, 40.0
"""Grey levels: a picture of such a contrast without such a step between neighbours is blurred."""

MIN_LATTICE_NODES: Final = 40

SAMPLED_PX: Final = 3_000_000
"""Of a larger picture only every n-th row is looked at for edges."""


@dataclass(frozen=True, slots=True)
class PaperShape:
    """Shape of the paper, from its grid.

    Attributes
    ----------
    bend_mm : float
        Root mean square distance of the grid's nodes from those of a flat sheet.
    tilt : float
        Largest over smallest size of its boxes on that flat sheet; 1 seen from straight above.
    rotation : float
        Degrees, counter-clockwise positive.
    """

    bend_mm: float
    tilt: float
    rotation: float


def edge_width(pixels: NDArray[np.uint8]) -> float:
    """Pixels over which the sharpest edges of a picture rise; 1 to 2 where it is sharp.

    The range of brightness within ``MARGIN`` pixels over the steepest step among them.
    """
    grey = np.asarray(Image.fromarray(pixels).convert("L"))
    widths = []
    for whole in (grey, grey.T):
        # Rows tell as much as the whole.
        image = np.ascontiguousarray(whole[:: max(1, whole.size // SAMPLED_PX)])
        one, other = image[:, :-1], image[:, 1:]
        step = np.maximum(one, other) - np.minimum(one, other)
        if step.shape[1] <= 2 * MARGIN:
            continue
        strong = max(_quantile(step, 0.995), 1.0)
        if strong < MIN_STEP < MIN_CONTRAST < _quantile(image, 0.99) - _quantile(image, 0.01):
            widths.append(2.0 * MARGIN)
            continue
        inner = step[:, MARGIN:-MARGIN]
        at = np.flatnonzero(inner >= np.uint8(np.ceil(strong)))
        if not len(at):
            continue
        rows, columns = np.divmod(at[:: max(1, len(at) // 4000)], inner.shape[1])
        columns += MARGIN
        around = image[rows[:, None], columns[:, None] + np.arange(1 - MARGIN, 1 + MARGIN)]
        widths.append(float(np.median(np.ptp(around, axis=1) / step[rows, columns])))
    return min(widths, default=1.0)


def _quantile(values: NDArray[np.uint8], share: float) -> float:
    return histogram_quantile(np.array(Image.fromarray(values).histogram()), share)


def brightness(pixels: NDArray[np.uint8]) -> Floats:
    """Brightness of the paper in a grid of cells, 0 to 1: their brighter pixels."""
    image = Image.fromarray(pixels).convert("L")
    image.thumbnail((LIGHT_CELLS * 24, LIGHT_CELLS * 24))
    grey = np.asarray(image, dtype=np.float64) / 255
    rows, columns = (max(1, n // 24) for n in grey.shape)
    cells = grey[: rows * (grey.shape[0] // rows), : columns * (grey.shape[1] // columns)]
    cells = cells.reshape(rows, grey.shape[0] // rows, columns, grey.shape[1] // columns)
    return np.asarray(np.percentile(cells, 85, axis=(1, 3)))


def paper_shape(lattice: Lattice | None) -> PaperShape | None:
    """Shape of the paper by its grid; None where that could not be followed."""
    if lattice is None or int(lattice.found.sum()) < MIN_LATTICE_NODES:
        return None
    rows, columns = np.nonzero(lattice.found)
    flat = np.stack([columns, rows], axis=1).astype(np.float64)
    seen = lattice.nodes[rows, columns]
    matrix = _homography(flat, seen)
    distance = np.hypot(*(_project(matrix, flat) - seen).T)
    sizes = _box_sizes(matrix, flat)
    return PaperShape(
        bend_mm=float(np.sqrt((distance**2).mean()) / lattice.pitch * 5.0),
        tilt=float(sizes.max() / max(sizes.min(), 1e-9)),
        rotation=lattice.rotation,
    )


def _homography(flat: Floats, seen: Floats) -> Floats:
    """Least-squares homography (direct linear transform, on centred and scaled points)."""
    centre, size = seen.mean(axis=0), float(seen.std())
    u, v = ((seen - centre) / size).T
    x, y = flat.T
    one, zero = np.ones_like(x), np.zeros_like(x)
    equations = np.concatenate(
        [
            np.stack([x, y, one, zero, zero, zero, -u * x, -u * y], axis=1),
            np.stack([zero, zero, zero, x, y, one, -v * x, -v * y], axis=1),
        ]
    )
    solution = np.linalg.lstsq(equations, np.concatenate([u, v]), rcond=None)[0]
    back = np.array([[size, 0, centre[0]], [0, size, centre[1]], [0, 0, 1]])
    return np.asarray(back @ np.append(solution, 1.0).reshape(3, 3))


def _project(matrix: Floats, points: Floats) -> Floats:
    projected = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(projected[:, :2] / projected[:, 2:])


def _box_sizes(matrix: Floats, corners: Floats) -> Floats:
    """Side of the box at each node, pixels."""
    here = _project(matrix, corners)
    right = _project(matrix, corners + np.array([1.0, 0.0])) - here
    down = _project(matrix, corners + np.array([0.0, 1.0])) - here
    return np.asarray(np.sqrt(np.abs(right[:, 0] * down[:, 1] - right[:, 1] * down[:, 0])))
