"""From one node of the grid to all: each new node is predicted, then found in the picture."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from heartsense.digitizer.grid_lattice.boldness import boldness
from heartsense.digitizer.grid_lattice.lattice import MIN_NODES, Lattice, largest_lattice
from heartsense.digitizer.grid_lattice.line_search import find_lines, line_profiles, profile_peak
from heartsense.digitizer.grid_lattice.seed import (
    Cell,
    LatticeSeed,
    correlated_tiles,
    find_seeds,
    seeds_in,
)
from heartsense.digitizer.ink.segmentation import FloatImage
from heartsense.numeric import Floats, Indices

MAX_NODES: Final = 110
"""Nodes on each side of the first one: a page of over half a metre at 5 mm."""

MAX_SEEDS: Final = 8
"""Tiles from which the grid is tried; a wrong start ends after a few nodes."""

MAX_LATTICES: Final = 3
"""Lattices that are grown at most to find the page's among others."""

REDUCTIONS: Final = (2, 3)
"""By which a picture is reduced where no tile of it shows the bold lines: fine lines and dots, that
repeat better and are too near to be followed, then run together."""

MIN_BOLDNESS: Final = 1.25
"""Of a lattice from such a copy; those of 60 real pages have 1.9 and more."""

MAX_SEED_DISTANCE: Final = 3.0
"""Cells from the nearest node of a lattice within which a seed belongs to it."""

MAX_SHIFT: Final = 0.2
"""A node farther from its prediction is not taken, cells."""

MAX_DARKNESS: Final = 0.6
"""Darkness at which a pixel counts no more."""

MAX_BRIDGE: Final = 2
"""Nodes in a row that a trace beside their lines may hide where the grid goes on beyond them."""

MIN_CROSSED: Final = 20
MIN_CROSSED_NEIGHBOURS: Final = 3
"""Nodes beyond traces below which these hide no part of the page, each beside so many more of them.
Single ones lie among traces and letters: 15 of them cost a drawn photo 10 dB, 3 a real one 1 dB."""

MIN_TO_CROSS: Final = 10
"""Nodes from which traces are crossed: fewer are no grid that goes on beyond them."""

RETRY_NEIGHBOURS: Final = 4
"""A place that was given up is tried again once this many nodes round it are known."""

MAX_PITCH_RATIO: Final = 1.35
"""Of a lattice's two pitches: 55 real pages have 1.08 at most, paper tilted by 40 degrees 1.3."""

_NEIGHBOURS: Final = tuple((j, i) for j in (-1, 0, 1) for i in (-1, 0, 1) if j or i)
_DIAGONAL_WEIGHT: Final = 0.35

_FREE, _FOUND, _GIVEN_UP = 0, 1, -1


def follow_grid(dark: FloatImage, seeds: list[LatticeSeed] | None = None) -> Lattice | None:
    """Find the grid of a photographed page and follow it as far as it goes.

    Parameters
    ----------
    dark : float32 array, shape (height, width)
        Darkness in the channel that shows the grid best.
    seeds : list of LatticeSeed, optional
        As ``find_seeds`` returns them, where they are known.

    Returns
    -------
    Lattice or None
        None where nothing on the picture is a grid of ``MIN_NODES``.
    """
    search = _Search(dark)
    lattice = search.first_lattice(find_seeds(dark) if seeds is None else seeds)
    if lattice is None:
        tiles = correlated_tiles(dark)
        others: tuple[Cell, ...] = ("shortest", "clearest")
        for cell in others:
            lattice = lattice or search.first_lattice(seeds_in(tiles, cell))
    return lattice or _followed_from_coarse_seeds(dark, search)


def _followed_from_coarse_seeds(dark: FloatImage, search: "_Search") -> Lattice | None:
    """The largest lattice from seeds of reduced copies, if its lines are bolder than all between.

    Where fine lines run together, their multiples repeat as well as the bold lines do.
    """
    found = [search.first_lattice(_coarse_seeds(dark, factor)) for factor in REDUCTIONS]
    lattice = largest_lattice(lattice for lattice in found if lattice is not None)
    if lattice is None or boldness(dark, lattice) < MIN_BOLDNESS:
        return None
    return lattice


def _coarse_seeds(dark: FloatImage, factor: int) -> list[LatticeSeed]:
    """Seeds found on a copy reduced by a factor, for the picture itself."""
    small = np.asarray(Image.fromarray(dark).reduce(factor))
    # A pixel's centre lies half a pixel from its index.
    return [
        LatticeSeed(
            factor * (seed.centre + 0.5) - 0.5,
            factor * seed.right,
            factor * seed.down,
            seed.correlation,
        )
        for seed in find_seeds(small)
    ]


class _Search:
    """Grows lattices from seeds of one picture; a seed that failed is not grown again."""

    def __init__(self, dark: FloatImage) -> None:
        self._dark = dark
        self._failed: set[tuple[float, ...]] = set()

    def first_lattice(self, seeds: list[LatticeSeed]) -> Lattice | None:
        """The lattice of the clearest seed, or a larger one beside it.

        Tiles, cloth and other papers that the page lies on have lattices too, but seldom so many
        nodes.
        """
        lattices: list[Lattice] = []
        tried = 0
        for seed in seeds:
            if tried == MAX_SEEDS or len(lattices) == MAX_LATTICES:
                break
            if _is_on(lattices, seed):
                continue
            tried += 1
            lattice = self._grow(seed)
            if lattice is not None:
                lattices.append(lattice)
        return largest_lattice(lattices)

    def _grow(self, seed: LatticeSeed) -> Lattice | None:
        """The lattice of a seed; None where it ends after a few nodes."""
        key = (*seed.centre.tolist(), *seed.right.tolist(), *seed.down.tolist())
        if key in self._failed:
            return None
        lattice = grow_lattice(self._dark, seed)
        if int(lattice.found.sum()) >= MIN_NODES and not _misses_lines(lattice):
            return lattice
        self._failed.add(key)
        return None


def _misses_lines(lattice: Lattice) -> bool:
    """Whether it has slipped to every other line along one of its axes."""
    right, down = lattice.pitches
    return max(right, down) > MAX_PITCH_RATIO * min(right, down)


def _is_on(lattices: list[Lattice], seed: LatticeSeed) -> bool:
    """Whether a seed lies between the nodes of a lattice."""
    for lattice in lattices:
        distance = np.hypot(*(lattice.nodes[lattice.found] - seed.centre).T)
        if distance.min() < MAX_SEED_DISTANCE * lattice.pitch:
            return True
    return False


def grow_lattice(dark: FloatImage, seed: LatticeSeed) -> Lattice:
    """Follow the grid from a seed as far as it goes.

    A wave of neighbours of known nodes is predicted from the steps between the nodes round them,
    and each is moved to where a line crosses in either direction. The steps follow the nodes, so
    perspective, curl and folds are followed, while paper's edges and tables show no lines. Where a
    row of a trace runs along a line, the wave stops: then it crosses the nodes there, without
    taking them.

    Parameters
    ----------
    dark : float32 array, shape (height, width)
        Darkness in the channel that shows the grid best.
    """
    growth = _Growth(dark, seed)
    growth.follow()
    lattice, found = growth.lattice(), growth.found
    if int(found.sum()) < MIN_TO_CROSS:
        return lattice
    growth.cross_traces()
    growth.follow()
    crossed = growth.lattice()
    beyond = growth.found & ~found
    together = beyond & (_beside(beyond) >= MIN_CROSSED_NEIGHBOURS)
    return crossed if int(together.sum()) >= MIN_CROSSED else lattice


class _Growth:
    def __init__(self, dark: FloatImage, seed: LatticeSeed) -> None:
        size = 2 * MAX_NODES + 1
        self._dark = np.minimum(dark, MAX_DARKNESS)
        self._state = np.zeros((size, size), np.int8)
        self._tried_with = np.zeros((size, size), np.int8)
        self._nodes = np.full((size, size, 2), np.nan)
        self._steps = np.full((size, size, 2, 2), np.nan)
        """Of each node: to the right and down, pixels (x, y)."""
        middle = (MAX_NODES, MAX_NODES)
        self._state[middle] = _FOUND
        self._steps[middle] = seed.right, seed.down
        self._nodes[middle] = _first_node(self._dark, seed)
        self._bridge = np.zeros((size, size), np.int8)
        """How many nodes that a trace hides lead to each, from one that was found."""
        self._max_bridge = 0
        self._wave = np.array([middle])

    @property
    def found(self) -> NDArray[np.bool_]:
        """Which nodes were found; not those that a trace hides."""
        return np.asarray((self._state == _FOUND) & (self._bridge == 0))

    def lattice(self) -> Lattice:
        nodes = np.where(self.found[..., None], self._nodes, np.nan)
        rows, columns = np.nonzero(self.found)
        return Lattice(nodes[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].copy())

    def follow(self) -> None:
        """Advance as far as the grid goes."""
        while self._advance():
            pass

    def cross_traces(self) -> None:
        """Let the wave go on from all nodes, also past those that a trace hides.

        What was given up though known nodes lie all round it stays so.
        """
        self._max_bridge = MAX_BRIDGE
        is_outer = (self._state == _GIVEN_UP) & (_beside(self.found) < RETRY_NEIGHBOURS)
        self._state[is_outer] = _FREE
        self._wave = np.argwhere(self._state == _FOUND)

    def _advance(self) -> bool:
        """Try the free places beside the last wave; whether there were any."""
        places = self._free_places()
        if not len(places):
            return False
        rows, columns = places.T
        predicted, steps = self._predict(rows, columns)
        shift, sound, but_for_trace = find_lines(
            self._dark, predicted, steps, past_traces=self._max_bridge > 0
        )
        bridge = self._nearest_bridge(rows, columns) + 1
        node = predicted + (shift[:, :, None] * steps).sum(1)
        height, width = self._dark.shape
        inside = ((predicted > 1) & (predicted < [width - 2, height - 2])).all(axis=1)
        is_crossed = but_for_trace & (bridge <= self._max_bridge)
        found = (sound | is_crossed) & inside & (np.abs(shift).max(axis=1) < MAX_SHIFT)
        self._state[rows, columns] = np.where(found, _FOUND, _GIVEN_UP)
        self._nodes[rows[found], columns[found]] = node[found]
        self._steps[rows[found], columns[found]] = steps[found]
        self._bridge[rows[found], columns[found]] = np.where(sound, 0, bridge)[found]
        self._wave = places[found]
        self._follow_steps(rows[found], columns[found])
        self._retry()
        return True

    def _free_places(self) -> Indices:
        beside = np.concatenate([self._wave + step for step in ((0, 1), (0, -1), (1, 0), (-1, 0))])
        inner = ((beside > 0) & (beside < 2 * MAX_NODES)).all(axis=1)
        side = self._state.shape[1]
        waiting = np.flatnonzero(self._tried_with < 0)
        at = np.unique(np.concatenate([beside[inner] @ [side, 1], waiting]))
        places = np.stack(np.divmod(at, side), axis=1)
        self._tried_with[places[:, 0], places[:, 1]] = np.abs(
            self._tried_with[places[:, 0], places[:, 1]]
        )
        return np.asarray(places[self._state[places[:, 0], places[:, 1]] == _FREE])

    def _predict(self, rows: Indices, columns: Indices) -> tuple[Floats, Floats]:
        """Where nodes should be, and the steps there: means over the nodes round them."""
        total = np.zeros(len(rows))
        node, steps = np.zeros((len(rows), 2)), np.zeros((len(rows), 2, 2))
        for j, i in _NEIGHBOURS:
            at = (rows + j, columns + i)
            known = self._state[at] == _FOUND
            weight = known * (_DIAGONAL_WEIGHT if j and i else 1.0)
            step = np.where(known[:, None, None], self._steps[at], 0.0)
            origin = np.where(known[:, None], self._nodes[at], 0.0)
            node += weight[:, None] * (origin - i * step[:, 0] - j * step[:, 1])
            steps += weight[:, None, None] * step
            total += weight
        return node / total[:, None], steps / total[:, None, None]

    def _nearest_bridge(self, rows: Indices, columns: Indices) -> NDArray[np.int8]:
        """The shortest bridge that ends beside each place."""
        lengths = [
            np.where(self._state[at] == _FOUND, self._bridge[at], MAX_BRIDGE)
            for at in ((rows + j, columns + i) for j, i in ((0, 1), (0, -1), (1, 0), (-1, 0)))
        ]
        return np.asarray(np.minimum.reduce(lengths))

    def _follow_steps(self, rows: Indices, columns: Indices) -> None:
        """Move the steps of new nodes half-way to the distances of their neighbours."""
        for axis, (j, i) in enumerate(((0, 1), (1, 0))):
            seen = np.stack(
                [
                    self._nodes[rows + j, columns + i] - self._nodes[rows, columns],
                    self._nodes[rows, columns] - self._nodes[rows - j, columns - i],
                ]
            )
            known = np.isfinite(seen[..., :1])
            count = known.sum(axis=0)
            mean = np.where(known, seen, 0.0).sum(axis=0) / np.maximum(count, 1)
            step = self._steps[rows, columns, axis]
            self._steps[rows, columns, axis] = np.where(count > 0, (step + mean) / 2, step)

    def _retry(self) -> None:
        """Free the places that were given up and have more known neighbours now."""
        count = _beside(self.found)
        again = (
            (self._state == _GIVEN_UP)
            & (count >= RETRY_NEIGHBOURS)
            & (count > np.abs(self._tried_with))
        )
        self._state[again] = _FREE
        # Negative: waiting to be tried with so many neighbours.
        self._tried_with[again] = -count[again]


def _beside(flags: NDArray[np.bool_]) -> NDArray[np.int8]:
    """How many of the eight places round each are flagged; none at the border may be."""
    single = flags.astype(np.int8)
    threes = single.copy()
    threes[1:-1] += single[:-2] + single[2:]
    count = threes - single
    count[:, 1:-1] += threes[:, :-2] + threes[:, 2:]
    return count


def _first_node(dark: FloatImage, seed: LatticeSeed) -> Floats:
    """The clearest node about the middle of the seed's tile."""
    offsets = np.linspace(-0.5, 0.5, 7)
    grid = np.stack(np.meshgrid(offsets, offsets), axis=-1).reshape(-1, 2)
    steps = np.broadcast_to(np.stack([seed.right, seed.down]), (len(grid), 2, 2))
    nodes = seed.centre + grid @ steps[0]
    for _ in range(2):
        profiles = np.moveaxis(line_profiles(dark, nodes, steps), 1, 0)
        shift = np.stack([profile_peak(profile)[0] for profile in profiles], axis=1)
        nodes = nodes + shift @ steps[0]
    clarity = [contrast / (noise + 0.01) for _, contrast, noise in map(profile_peak, profiles)]
    return np.asarray(nodes[int(np.argmax(np.minimum(*clarity)))])
