"""The ``export`` step: MobileNetV2 as the two-output LiteRT file of training and serving."""

from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import typer
from numpy.typing import NDArray

from heartsense.classifier.model_artifact import BACKBONE
from heartsense.files import sha256
from training import BUILD_DIR, DATA_DIR, MODEL_DIR

SIDE: Final = 224
WEIGHTS: Final = "weights/mobilenetv2_1.0_224_imagenet_notop.weights.h5"
SIZE_RANGE: Final = (4_000_000, 5_000_000)
"""Bytes of a sound file: a converter that lost the weights writes far less."""


def export(
    data: Annotated[
        Path, typer.Option(help="Folder with weights/; else taken by name.")
    ] = DATA_DIR,
    out: Annotated[Path, typer.Option(help="Model folder.")] = MODEL_DIR,
) -> None:
    """Export the ImageNet MobileNetV2 as fp16 LiteRT with two outputs."""
    figures = write_backbone(grey_backbone(data), out / BACKBONE, BUILD_DIR)
    typer.echo(
        f"{out / BACKBONE}: {figures['bytes']:.0f} bytes, "
        f"feature error {100 * figures['feature_error']:.2f} %, "
        f"sha256 {sha256((out / BACKBONE).read_bytes())}"
    )


def grey_backbone(data: Path) -> Any:
    """Build MobileNetV2 (Sandler et al. 2018) for one grey channel, with two outputs, in Keras.

    Input is float32, shape (1, 224, 224, 1), 0 (black) to 255 (white). Outputs are ``pooled``
    (1, 1280) and ``map`` (1, 7, 7, 1280). The first kernel is summed over RGB, which is exact for
    grey images.

    Parameters
    ----------
    data : Path
        Data folder with the ImageNet weights; without them ``keras.applications`` loads them by
        name.
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
    image = keras.Input((SIDE, SIDE, 1), batch_size=1, name="picture")
    # A layer, not part of the kernel: zero padding happens on the scaled image.
    features = grey(keras.layers.Rescaling(1 / 127.5, offset=-1)(image))
    pooled = keras.layers.GlobalAveragePooling2D()(features)
    return keras.Model(image, {"pooled": pooled, "map": features}, name="backbone")


def write_backbone(model: Any, target: Path, build: Path) -> dict[str, float]:
    """Write the fp16 ``.tflite`` to `target` and the Keras model to `build`.

    Returns
    -------
    dict
        ``bytes``, and ``feature_error``: see ``feature_error``.

    Raises
    ------
    RuntimeError
        If the file is too small to hold the weights.
    """
    import tensorflow as tf

    build.mkdir(parents=True, exist_ok=True)
    model.save(build / "backbone.keras")
    saved = build / "saved_model"
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
    for image in _test_images():
        reference = np.asarray(model(image[None, :, :, None].astype(np.float32))["pooled"])[0]
        pooled, _ = backbone(image)
        errors.append(float(np.linalg.norm(pooled - reference) / np.linalg.norm(reference)))
    return max(errors)


def _test_images() -> list[NDArray[np.uint8]]:
    """Grey images to compare on: noise, and lines like those of the views."""
    from heartsense.views.polyline import draw_polyline

    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (SIDE, SIDE)).astype(np.uint8)]
    for _ in range(3):
        ink = np.zeros((SIDE, SIDE), dtype=np.float32)
        walk = 112 + np.cumsum(rng.normal(0, 3, SIDE))
        draw_polyline(ink, np.column_stack([np.arange(SIDE), walk]), 1.5)
        images.append((255 * (1 - ink)).round().astype(np.uint8))
    return images
