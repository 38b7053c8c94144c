"""Write the network for LiteRT, with its description."""

import json
from pathlib import Path
from typing import Any, Final

from heartsense.digitizer.ink_network import CELL_PX, DESCRIPTION, MARGIN_PX, NETWORK, TILE_PX
from heartsense.files import sha256
from training.ink_network.network import build_network

MAX_BYTES: Final = 1_500_000


def write_network(weights: Path, out: Path, description: dict[str, Any]) -> int:
    """Write the fp16 ``.tflite`` of stored weights and its description; returns the bytes.

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
    converter.target_spec.supported_types = [tf.float16]
    content: bytes = converter.convert()
    if len(content) > MAX_BYTES:
        raise RuntimeError(f"the network has {len(content)} bytes, more than {MAX_BYTES}")
    (out / NETWORK).write_bytes(content)
    described = {**description, "sha256": sha256(content)}
    (out / DESCRIPTION).write_text(json.dumps(described, indent=2) + "\n")
    return len(content)
