"""Nodes of a grid in a picture, numbered by rows and columns."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.numeric import Floats

MIN_NODES: Final = 150
"""Fewer are no page: 12 by 12 boxes of 5 mm are 6 cm."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """Nodes of the grid, row by row.

    Attributes
    ----------
    nodes : float64 array, shape (rows, columns, 2)
        Pixels (x, y) of the picture; NaN where no node was found.
    """

    nodes: Floats

    @property
    def found(self) -> NDArray[np.bool_]:
        """Which nodes were found, shape (rows, columns)."""
        return np.isfinite(self.nodes[..., 0])

    @property
    def rotation(self) -> float:
        """Median direction of the rows in degrees, counter-clockwise positive."""
        steps = np.diff(self.nodes, axis=1).reshape(-1, 2)
        right, down = np.nanmedian(steps, axis=0)
        return float(np.rad2deg(np.arctan2(-down, right)))

    @property
    def pitch(self) -> float:
        """Median pixels between neighbouring nodes."""
        return float(np.nanmedian(np.concatenate([self._distances(axis) for axis in (0, 1)])))

    @property
    def pitches(self) -> tuple[float, float]:
        """Median pixels between neighbouring nodes of a row, and of a column."""
        right, down = (float(np.nanmedian(self._distances(axis))) for axis in (1, 0))
        return right, down

    @property
    def unevenness(self) -> float:
        """Root mean square distance of the nodes from those of an even grid, in cells."""
        rows, columns = np.nonzero(self.found)
        seen = self.nodes[rows, columns]
        even = np.column_stack([columns, rows, np.ones(len(rows))])
        steps = np.linalg.lstsq(even, seen, rcond=None)[0]
        return float(np.sqrt(((even @ steps - seen) ** 2).sum(axis=1).mean())) / self.pitch

    def _distances(self, axis: int) -> Floats:
        """Pixels from each node to the next along an axis of ``nodes``; NaN beside missing ones."""
        return np.asarray(np.hypot(*np.diff(self.nodes, axis=axis).reshape(-1, 2).T))


def largest_lattice(lattices: Iterable[Lattice], least: int = MIN_NODES) -> Lattice | None:
    """The lattice of the most nodes; None where all have fewer than ``least``."""
    largest = max(lattices, key=lambda lattice: int(lattice.found.sum()), default=None)
    return largest if largest and int(largest.found.sum()) >= least else None
