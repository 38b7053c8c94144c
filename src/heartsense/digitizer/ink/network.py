"""The ink network: which pixels of a rectified page belong to a trace.

A small U-Net (Ronneberger et al. 2015) tells traces from what is left of the grid, creases,
shadows, labels and bars between leads, and fills gaps of up to a millimetre that the grid left.
"""

import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.ink.segmentation import FloatImage
from heartsense.files import model_folder, read_described_model_file
from heartsense.litert import load_interpreter

CELL_PX: Final = 4
"""Pixels along each side of a cell: the network works on cells, its output is at full size."""

TILE_PX: Final = (864, 1120)
"""Height and width of the tiles that a page is cut into: a whole page would take 100 MB more."""

PERIOD_PX: Final = 40
"""The lattice of the grid: 5 mm."""

MARGIN_PX: Final = 48
"""Pixels on each side of a tile that the network sees with it."""

_SEEN_PX: Final = tuple(tile + 2 * MARGIN_PX for tile in TILE_PX)

NETWORK: Final = "ink_network.tflite"
DESCRIPTION: Final = "ink_network.json"

TRACE_PROBABILITY: Final = 0.5
"""From which a pixel belongs to a trace."""

MIN_PROBABILITY: Final = 0.15
"""Below it a pixel surely belongs to something else."""

NEAR_PX: Final = 2
"""What is so near to a likely pixel of a trace may be its edge."""


class InkNetwork:
    """Runs ``ink_network.tflite``, one page at a time.

    Parameters
    ----------
    content : bytes
        The ``.tflite`` file.
    """

    def __init__(self, content: bytes) -> None:
        self._interpreter = load_interpreter(content)
        self._input: int = self._interpreter.get_input_details()[0]["index"]
        self._output: int = self._interpreter.get_output_details()[0]["index"]
        self._running = threading.Lock()

    def __call__(self, darkness: FloatImage, ink: FloatImage) -> FloatImage:
        """How likely each pixel belongs to a trace.

        Parameters
        ----------
        darkness, ink : float32 arrays, shape (height, width)
            A rectified page before and after the grid was removed, 0 to 1.

        Returns
        -------
        float32 array, shape (height, width)
            0 to 1; 0 in tiles without any ink.
        """
        trace = np.zeros_like(ink)
        for left, top, cells in page_tiles(darkness, ink):
            tile = trace[top : top + TILE_PX[0], left : left + TILE_PX[1]]
            tile[:] = self._tile(cells)[: tile.shape[0], : tile.shape[1]]
        return trace

    def _tile(self, cells: FloatImage) -> FloatImage:
        margin = MARGIN_PX // CELL_PX
        return _probability(self.logits(cells)[margin:-margin, margin:-margin])

    def logits(self, cells: FloatImage) -> FloatImage:
        """What the network answers to one tile with its margin, for the pixels of each cell.

        Parameters
        ----------
        cells : float32 array, shape (rows, columns, channels)
            As ``network_input`` arranges it.

        Returns
        -------
        float32 array, shape (rows, columns, CELL_PX**2)
        """
        with self._running:
            self._interpreter.set_tensor(self._input, cells[None])
            self._interpreter.invoke()
            answer: FloatImage = self._interpreter.get_tensor(self._output)[0]
        return answer


def page_tiles(darkness: FloatImage, ink: FloatImage) -> Iterator[tuple[int, int, FloatImage]]:
    """Left and top of each tile of a page that has ink, and the network's input for it."""
    for top in range(0, ink.shape[0], TILE_PX[0]):
        for left in range(0, ink.shape[1], TILE_PX[1]):
            seen_darkness, seen_ink = (_seen(image, left, top) for image in (darkness, ink))
            if seen_ink.any():
                x, y = left - MARGIN_PX, top - MARGIN_PX
                yield left, top, network_input(seen_darkness, seen_ink, x, y)


def _seen(image: FloatImage, left: int, top: int) -> FloatImage:
    """What the network sees of a page for the tile that begins there; 0 beyond the page."""
    seen = np.zeros(_SEEN_PX, np.float32)
    x, y = left - MARGIN_PX, top - MARGIN_PX
    inside = image[max(y, 0) : y + _SEEN_PX[0], max(x, 0) : x + _SEEN_PX[1]]
    rows, columns = inside.shape
    seen[max(-y, 0) :, max(-x, 0) :][:rows, :columns] = inside
    return seen


def _probability(logits: FloatImage) -> FloatImage:
    """Logits of cells as a picture of probabilities, some rows of cells at a time."""
    rows, columns = logits.shape[:2]
    picture = np.empty((rows * CELL_PX, columns * CELL_PX), np.float32)
    for row in range(rows):
        cells = logits[row].reshape(columns, CELL_PX, CELL_PX).transpose(1, 0, 2)
        band = np.negative(cells).reshape(CELL_PX, columns * CELL_PX)
        np.exp(band, out=band)
        band += 1.0
        np.divide(1.0, band, out=picture[row * CELL_PX : (row + 1) * CELL_PX])
    return picture


def near_traces(probability: FloatImage) -> NDArray[np.bool_]:
    """Where a page may show a trace, or the edge of one."""
    near = probability > MIN_PROBABILITY
    for axis in (0, 1):
        middle = np.moveaxis(near.copy(), axis, 0)
        for distance in range(1, NEAR_PX + 1):
            lines = np.moveaxis(near, axis, 0)
            lines[distance:] |= middle[:-distance]
            lines[:-distance] |= middle[distance:]
    return near


def released_ink_network() -> InkNetwork | None:
    """The network of the model folder; None if that has none: then classical steps do.

    Raises
    ------
    ModelMissingError, ModelChangedError
        If a file cannot be read, or is not the one that the other names.
    """
    return _read_network(model_folder())


@cache
def _read_network(folder: Path) -> InkNetwork | None:
    content = read_described_model_file(folder, NETWORK, DESCRIPTION)
    return None if content is None else InkNetwork(content)


def network_input(darkness: FloatImage, ink: FloatImage, x: int, y: int) -> FloatImage:
    """Arrange a part of a page as the network's input.

    Parameters
    ----------
    darkness, ink : float32 arrays, shape (height, width)
        Before and after the grid was removed, 0 to 1. Whole cells.
    x, y : int
        Where the part begins on the page; the grid's lines are at multiples of 5 mm.

    Returns
    -------
    float32 array, shape (height / 4, width / 4, 36)
    """
    rows, columns = (n // CELL_PX for n in ink.shape)
    cells = np.empty((rows, columns, 2 * CELL_PX**2 + 4), np.float32)
    for channel, image in enumerate((ink, darkness)):
        for line in range(CELL_PX):
            first = channel * CELL_PX**2 + line * CELL_PX
            cells[..., first : first + CELL_PX] = image[line::CELL_PX].reshape(
                rows, columns, CELL_PX
            )
    across = 2 * np.pi * (x + CELL_PX * np.arange(columns) + CELL_PX / 2) / PERIOD_PX
    down = 2 * np.pi * (y + CELL_PX * np.arange(rows) + CELL_PX / 2) / PERIOD_PX
    cells[..., -4], cells[..., -3] = np.cos(across), np.sin(across)
    cells[..., -2], cells[..., -1] = np.cos(down)[:, None], np.sin(down)[:, None]
    return cells
