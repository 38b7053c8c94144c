"""Export MobileNetV2 as the two-output LiteRT file that training and serving share."""

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

SIDE: Final = 224
WEIGHTS: Final = "weights/mobilenetv2_1.0_224_imagenet_notop.weights.h5"
SIZE_RANGE: Final = (4_000_000, 5_000_000)
"""Bytes of a sound file: a converter that lost the weights writes far less."""


def grey_backbone(data: Path) -> Any:
    """MobileNetV2 for one grey channel, with two outputs, as a Keras model.

    Input is float32, shape (1, 224, 224, 1), 0 (black) to 255 (white). Outputs are
    ``pooled`` (1, 1280) and ``map`` (1, 7, 7, 1280). The first kernel is summed over RGB, which
    is exact for grey pictures.

    The ImageNet weights come from the data folder, else by name from ``keras.applications``.
    """
    import keras

    stored = data / WEIGHTS
    colour = keras.applications.MobileNetV2(
        weights=str(stored) if stored.is_file() else "imagenet",
        include_top=False,
        input_shape=(SIDE, SIDE, 3),
    )
    grey = keras.applications.MobileNetV2(
        weights=None, include_top=False, input_shape=(SIDE, SIDE, 1)
    )
    kernel, *rest = colour.get_weights()
    grey.set_weights([kernel.sum(axis=2, keepdims=True), *rest])
    picture = keras.Input((SIDE, SIDE, 1), batch_size=1, name="picture")
    # A layer, not part of the kernel: zero padding happens on the scaled picture.
    features = grey(keras.layers.Rescaling(1 / 127.5, offset=-1)(picture))
    pooled = keras.layers.GlobalAveragePooling2D()(features)
    return keras.Model(picture, {"pooled": pooled, "map": features}, name="backbone")


def write_backbone(model: Any, target: Path, workshop: Path) -> dict[str, float]:
    """Write the fp16 ``.tflite`` to `target`, the Keras model to `workshop`.

    Returns the size in bytes and the largest relative error of the pooled features against
    Keras over a few noise and line pictures. RuntimeError when the file has no weights in it.
    """
    import tensorflow as tf

    workshop.mkdir(parents=True, exist_ok=True)
    model.save(workshop / "backbone.keras")
    saved = workshop / "saved_model"
    signature = tf.TensorSpec((1, SIDE, SIDE, 1), tf.float32, name="picture")
    model.export(str(saved), input_signature=[signature], verbose=False)
    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]
    content = converter.convert()
    if not SIZE_RANGE[0] < len(content) < SIZE_RANGE[1]:
        raise RuntimeError(f"the converter wrote {len(content)} bytes, expected {SIZE_RANGE}")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return {"bytes": len(content), "feature_error": feature_error(model, target)}


def feature_error(model: Any, target: Path) -> float:
    """Largest relative error of the file's pooled features against the Keras model's."""
    from heartsense.classifier.backbone import Backbone

    backbone = Backbone(target.read_bytes())
    errors = []
    for picture in _pictures():
        exact = np.asarray(model(picture[None, :, :, None].astype(np.float32))["pooled"])[0]
        pooled, _ = backbone(picture)
        errors.append(float(np.linalg.norm(pooled - exact) / np.linalg.norm(exact)))
    return max(errors)


def _pictures() -> list[NDArray[np.uint8]]:
    """Grey pictures to compare on: noise, and lines as the views have them."""
    from heartsense.views.polyline import draw_polyline

    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (SIDE, SIDE)).astype(np.uint8)]
    for _ in range(3):
        ink = np.zeros((SIDE, SIDE), dtype=np.float32)
        walk = 112 + np.cumsum(rng.normal(0, 3, SIDE))
        draw_polyline(ink, np.column_stack([np.arange(SIDE), walk]), 1.5)
        pictures.append((255 * (1 - ink)).round().astype(np.uint8))
    return pictures
