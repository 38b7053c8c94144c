"""Whether the paper in a picture is bent or tilted, judged from a few tiles and the grid's phase."""

from typing import Final

import numpy as np

from heartsense.digitizer.grid_lattice.seed import LatticeSeed
from heartsense.digitizer.grid_spectrum import phase_coherence, refine_frequency
from heartsense.digitizer.ink_segmentation import FloatImage
from heartsense.numeric import Floats

MIN_SEEDS: Final = 6
"""Tiles with a grid without which nothing is said."""

MAX_TURN_RANGE: Final = 0.3
"""Degrees between the directions of a flat page's grid lines, 10th to 90th percentile of tiles."""

MAX_COHERENCE: Final = 0.55
"""Coherence of the weaker comb of grid lines over the whole picture; flat pages have 0.6 to 1."""


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
    frequencies = np.linalg.inv(vectors[0]).T
    return min(_coherence(dark, frequency) for frequency in frequencies) < MAX_COHERENCE


def _coherence(dark: FloatImage, frequency: Floats) -> float:
    return phase_coherence(dark, refine_frequency(dark, frequency))
