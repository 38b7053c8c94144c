"""The ink network: which pixels of a rectified page belong to a trace.

A small U-Net (Ronneberger et al. 2015) tells traces from what is left of the grid, creases,
shadows, labels and bars between leads, and closes the gaps where grid lines were removed.
"""

import hashlib
import json
import threading
from functools import cache
from typing import Final

import numpy as np

from heartsense.digitizer.ink_segmentation import FloatImage
from heartsense.errors import ModelChangedError
from heartsense.files import model_folder
from heartsense.litert import load_interpreter

CELL_PX: Final = 2
"""Pixels along each side of a cell: the network works on cells, its output is at full size."""

PERIOD_PX: Final = 40
"""The lattice of the grid: 5 mm."""

STRIP_PX: Final = 400
"""Height of the strips that a page is cut into: a whole page would take 200 MB."""

MARGIN_PX: Final = 48
"""Rows above and below a strip that the network sees with it."""

ALIGNMENT_PX: Final = 8 * CELL_PX
"""Sizes are filled up to a multiple: the network halves them three times."""

NETWORK: Final = "ink_network.tflite"
DESCRIPTION: Final = "ink_network.json"


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
            0 to 1; 0 in strips without any ink.
        """
        height, width = ink.shape
        trace = np.zeros((height, width), np.float32)
        with self._running:
            for first in range(0, height, STRIP_PX):
                last = min(first + STRIP_PX, height)
                top, bottom = max(first - MARGIN_PX, 0), min(last + MARGIN_PX, height)
                if ink[first:last].any():
                    seen = self._strip(darkness[top:bottom], ink[top:bottom], top)
                    trace[first:last] = seen[first - top : last - top]
        return trace

    def _strip(self, darkness: FloatImage, ink: FloatImage, top: int) -> FloatImage:
        height, width = ink.shape
        margin = ((0, -height % ALIGNMENT_PX), (0, -width % ALIGNMENT_PX))
        cells = network_input(np.pad(darkness, margin), np.pad(ink, margin), 0, top)[None]
        if tuple(self._interpreter.get_input_details()[0]["shape"]) != cells.shape:
            self._interpreter.resize_tensor_input(self._input, cells.shape)
            self._interpreter.allocate_tensors()
        self._interpreter.set_tensor(self._input, cells)
        self._interpreter.invoke()
        logits = self._interpreter.get_tensor(self._output)[0]
        rows, columns = logits.shape[:2]
        pixels = logits.reshape(rows, columns, CELL_PX, CELL_PX).transpose(0, 2, 1, 3)
        pixels = pixels.reshape(rows * CELL_PX, columns * CELL_PX)[:height, :width]
        return np.asarray(1.0 / (1.0 + np.exp(-pixels)), np.float32)


@cache
def released_ink_network() -> InkNetwork | None:
    """The network of the model folder; None if that has none: then classical steps do.

    Raises
    ------
    ModelChangedError
        If the file is not the one that its description names.
    """
    folder = model_folder()
    try:
        content = (folder / NETWORK).read_bytes()
        described = json.loads((folder / DESCRIPTION).read_bytes())["sha256"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelChangedError(f"{DESCRIPTION} does not describe {NETWORK}.") from error
    if hashlib.sha256(content).hexdigest() != described:
        raise ModelChangedError(
            f"{NETWORK} is not the file that {DESCRIPTION} names. Get the released model again."
        )
    return InkNetwork(content)


def network_input(darkness: FloatImage, ink: FloatImage, x: int, y: int) -> FloatImage:
    """Arrange a part of a page as the network's input.

    Parameters
    ----------
    darkness, ink : float32 arrays, shape (height, width)
        Before and after the grid was removed, 0 to 1. Even sizes.
    x, y : int
        Where the part begins on the page; the grid's lines are at multiples of 5 mm.

    Returns
    -------
    float32 array, shape (height / 2, width / 2, 12)
    """
    rows, columns = (n // CELL_PX for n in ink.shape)
    cells = np.empty((rows, columns, 2 * CELL_PX**2 + 4), np.float32)
    for channel, image in enumerate((ink, darkness)):
        for i in range(CELL_PX):
            for j in range(CELL_PX):
                at = channel * CELL_PX**2 + i * CELL_PX + j
                cells[..., at] = image[i::CELL_PX, j::CELL_PX]
    across = 2 * np.pi * (x + CELL_PX * np.arange(columns) + CELL_PX / 2) / PERIOD_PX
    down = 2 * np.pi * (y + CELL_PX * np.arange(rows) + CELL_PX / 2) / PERIOD_PX
    cells[..., -4], cells[..., -3] = np.cos(across), np.sin(across)
    cells[..., -2], cells[..., -1] = np.cos(down)[:, None], np.sin(down)[:, None]
    return cells
