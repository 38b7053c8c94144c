"""The millimetre grid of a flat page, from its spatial frequencies.

``detection`` finds it, by the ``combs`` of harmonics that it has in the ``spectrum`` of the page;
``grid`` is what was found. Where paper is bent, ``grid_lattice`` follows the grid line by line.
"""

from heartsense.digitizer.grid.detection import detect_clearer_grid, detect_grid
from heartsense.digitizer.grid.grid import FAINT_CONTRAST, Grid

__all__ = ["FAINT_CONTRAST", "Grid", "detect_clearer_grid", "detect_grid"]
