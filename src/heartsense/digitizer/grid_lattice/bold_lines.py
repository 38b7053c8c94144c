"""Whether lines that were followed are the fine ones, 1 mm apart, and the bold lines among them.

Of a close photograph of a short strip the lines of 1 mm are as far apart as those of 5 mm of a
page. On a copy so small that they vanish, only the bold ones are left: five times as far apart.
"""

from typing import Final

import numpy as np
from PIL import Image

from heartsense.digitizer.grid_lattice.growth import MAX_SEEDS, grow_lattice
from heartsense.digitizer.grid_lattice.lattice import Lattice, largest_lattice
from heartsense.digitizer.grid_lattice.line_search import ACROSS, line_profiles, profile_peak
from heartsense.digitizer.grid_lattice.seed import find_seeds
from heartsense.digitizer.ink.segmentation import FloatImage

BOLD_PITCH: Final = 30.0
"""Pixels between bold lines on the small copy: fine ones are nearer than any that are followed."""

FINE_LINES: Final = 5
MAX_RATIO_ERROR: Final = 0.06
"""Relative: how exactly bold lines are five times as far apart as fine ones. The two lattices need
not cover the same part of a tilted page."""

MIN_RELATIVE_CONTRAST: Final = 1.25
"""Of bold lines, relative to the fine ones between them."""

MAX_DISTANCE: Final = 0.35
"""Cells between a node of the fine lines and the same one of the bold lines."""

MIN_BOLD_NODES: Final = 30
"""Fewer bold lines than of a page are enough, as the fine ones confirm them."""


def bold_lattice(dark: FloatImage, lattice: Lattice) -> Lattice | None:
    """The bold lines of a grid whose fine ones may have been followed; None where these are bold.

    Parameters
    ----------
    dark : float32 array, shape (height, width)
        Darkness in the channel that shows the grid best.
    lattice : Lattice
        As it was followed there.
    """
    shrink = BOLD_PITCH / (FINE_LINES * lattice.pitch)
    height, width = dark.shape
    size = (round(width * shrink), round(height * shrink))
    small = np.asarray(Image.fromarray(dark).resize(size, Image.Resampling.BOX))
    grown = (grow_lattice(small, seed) for seed in find_seeds(small, "clearest")[:MAX_SEEDS])
    bold = largest_lattice(grown, MIN_BOLD_NODES)
    if bold is None or abs(bold.pitch / BOLD_PITCH - 1) > MAX_RATIO_ERROR:
        return None
    # A pixel's centre lies half a pixel from its index.
    bold = Lattice((bold.nodes + 0.5) * (width / size[0], height / size[1]) - 0.5)
    return bold if _relative_contrast(dark, lattice, bold) > MIN_RELATIVE_CONTRAST else None


def _relative_contrast(dark: FloatImage, lattice: Lattice, bold: Lattice) -> float:
    """How clear the lines are at nodes that are also those of bold lines, relative to those beside.

    Any five cells of a grid repeat as well as one does: only bold lines stand out. So do those of
    25 mm on some paper, which this does not tell from others.
    """
    nodes = lattice.nodes
    steps = np.stack([nodes[:-1, 1:] - nodes[:-1, :-1], nodes[1:, :-1] - nodes[:-1, :-1]], axis=2)
    known = np.isfinite(steps).all(axis=(2, 3))
    at = nodes[:-1, :-1][known]
    profiles = line_profiles(dark, at, steps[known])
    contrast = profile_peak(profiles.reshape(-1, len(ACROSS)))[1].reshape(-1, 2).min(axis=1)
    ratios, pitch = [], lattice.pitch
    for node in bold.nodes[bold.found]:
        distance = np.hypot(*(at - node).T) / pitch
        same, beside = distance < MAX_DISTANCE, (distance > 0.5) & (distance < FINE_LINES / 2)
        if same.any() and beside.any():
            ratios.append(float(contrast[same][0] / max(np.median(contrast[beside]), 1e-6)))
    return float(np.median(ratios)) if ratios else 0.0
