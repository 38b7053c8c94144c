"""Write the network for LiteRT, with its description."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from heartsense.digitizer.ink.network import (
    CELL_PX,
    DESCRIPTION,
    MARGIN_PX,
    NETWORK,
    TILE_PX,
    page_tiles,
)
from heartsense.digitizer.ink.segmentation import FloatImage
from heartsense.files import write_described_model_file
from training.ink_network.network import build_network
from training.ink_network.patches import TrainingPage

MAX_BYTES: Final = 1_500_000


def write_network(
    weights: Path, out: Path, description: dict[str, Any], examples: Sequence[TrainingPage]
) -> int:
    """Write the ``.tflite`` of stored weights and its description; returns the bytes.

    Weights and activations are 8-bit integers (Jacob et al. 2018), which take two thirds of the
    time. The ranges of the activations are those on `examples`.

    Raises
    ------
    RuntimeError
        If the file is larger than the layer has room for.
    """
    import tensorflow as tf

    rows, columns = ((tile + 2 * MARGIN_PX) // CELL_PX for tile in TILE_PX)
    model = build_network(rows, columns)
    model.load_weights(weights)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = partial(_inputs, examples)
    content: bytes = converter.convert()
    if len(content) > MAX_BYTES:
        raise RuntimeError(f"the network has {len(content)} bytes, more than {MAX_BYTES}")
    write_described_model_file(out, NETWORK, content, DESCRIPTION, description)
    return len(content)


def _inputs(pages: Sequence[TrainingPage]) -> Iterator[list[FloatImage]]:
    for page in pages:
        darkness, ink = (image.astype(np.float32) / 255.0 for image in (page.darkness, page.ink))
        for _, _, cells in page_tiles(darkness, ink):
            yield [cells[None]]
