"""Whether the paper in a picture is bent or tilted, by a few tiles and the grid's phase."""

from typing import Final

import numpy as np

from heartsense.digitizer.grid.spectrum import phase_coherence, refine_frequency
from heartsense.digitizer.grid_lattice.seed import LatticeSeed
from heartsense.digitizer.ink.segmentation import FloatImage
from heartsense.numeric import Floats

MIN_SEEDS: Final = 6
"""Tiles with a grid without which nothing is said."""

CLEAREST: Final = 2
"""Tiles whose grid is tried on the whole picture, besides that with the smallest cell."""

STEP: Final = 2
"""Every second pixel in both directions shows whether the lines are where one pitch puts them."""

MAX_TURN_RANGE: Final = 0.3
"""Degrees between the directions of a flat page's grid lines, 10th to 90th percentile of tiles."""

MAX_COHERENCE: Final = 0.6
"""Coherence of the weaker comb of grid lines over the whole picture; bent paper has less."""


def is_bent(dark: FloatImage, seeds: list[LatticeSeed]) -> bool:
    """Whether the grid changes its direction across the picture and no single pitch fits it.

    Parameters
    ----------
    dark : float32 array, shape (height, width)
        Darkness in the channel that shows the grid best.
    seeds : list of LatticeSeed
        As found in it, the clearest first.
    """
    if len(seeds) < MIN_SEEDS:
        return False
    vectors = np.array([(seed.right, seed.down) for seed in seeds])
    turns = np.rad2deg(np.arctan2(vectors[:, (0, 1), (1, 0)] * [1, -1], vectors[:, (0, 1), (0, 1)]))
    low, high = np.percentile(turns, (10, 90), axis=0)
    if (high - low).max() <= MAX_TURN_RANGE:
        return False
    smallest = int(np.argmin(np.abs(np.linalg.det(vectors))))
    cells = np.unique(vectors[[*range(CLEAREST), smallest]], axis=0)
    return all(_coherence(dark, cell) < MAX_COHERENCE for cell in cells)


def _coherence(dark: FloatImage, cell: Floats) -> float:
    """Coherence of the weaker comb of lines, for a lattice's two vectors."""
    dark = np.ascontiguousarray(dark[::STEP, ::STEP])
    frequencies = np.linalg.inv(cell / STEP).T
    return min(phase_coherence(dark, refine_frequency(dark, f)) for f in frequencies)
