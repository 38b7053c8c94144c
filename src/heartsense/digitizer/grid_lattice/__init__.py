"""The paper's grid as a lattice of nodes, followed from one to the next over bent paper.

A photograph shows the grid in perspective, rotated and folded: no single pitch and angle describe
it. ``lattice`` holds its nodes, ``seed`` finds the grid in one tile by its autocorrelation,
``growth`` follows it node by node from there, ``bold_lines`` tells lines of 1 mm from those of
5 mm, ``joining`` finds what lies beyond folds, and ``smoothing`` drops nodes that disagree with
their neighbourhood, places the others by it and fills gaps.
``flatness`` tells beforehand whether all that is needed.
"""

from heartsense.digitizer.grid_lattice.bold_lines import MIN_BOLD_NODES, bold_lattice
from heartsense.digitizer.grid_lattice.flatness import is_bent
from heartsense.digitizer.grid_lattice.growth import follow_grid, grow_lattice
from heartsense.digitizer.grid_lattice.joining import join_parts
from heartsense.digitizer.grid_lattice.lattice import MIN_NODES, Lattice, largest_lattice
from heartsense.digitizer.grid_lattice.seed import LatticeSeed, find_seeds
from heartsense.digitizer.grid_lattice.smoothing import Surface, complete

__all__ = [
    "MIN_BOLD_NODES",
    "MIN_NODES",
    "Lattice",
    "LatticeSeed",
    "Surface",
    "bold_lattice",
    "complete",
    "find_seeds",
    "follow_grid",
    "grow_lattice",
    "is_bent",
    "join_parts",
    "largest_lattice",
]
