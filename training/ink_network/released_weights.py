"""The released network as the start of a further training.

Its file holds 8-bit integers, in which each batch normalization is folded into the convolution
before it (Jacob et al. 2018). Both are undone: the start answers as the released network does.
"""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from heartsense.digitizer.ink.segmentation import FloatImage
from heartsense.litert import load_interpreter
from heartsense.numeric import Floats

CONVOLUTIONS: Final = ("CONV_2D", "DEPTHWISE_CONV_2D")


def set_released_weights(model: Any, content: bytes, batches: Iterable[FloatImage]) -> None:
    """Set the weights of a network to those of a released one.

    Parameters
    ----------
    model : keras.Model
        As ``build_network`` builds it.
    content : bytes
        The ``.tflite`` file of such a network.
    batches : iterable of float32 arrays, shape (batch, rows, columns, CHANNELS)
        Inputs of the training: their means and variances are those of the normalizations.

    Raises
    ------
    ValueError
        If the file is of another network.
    """
    import keras

    kinds = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)
    layers = [layer for layer in model.layers if isinstance(layer, kinds)]
    normalizations = [
        layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)
    ]
    biases = []
    for layer, (kernel, bias) in zip(layers, released_convolutions(content), strict=True):
        layer.set_weights([kernel, bias] if layer.use_bias else [kernel])
        if not isinstance(layer, keras.layers.DepthwiseConv2D) and not layer.use_bias:
            biases.append(bias)
    for layer, bias in zip(normalizations, biases, strict=True):
        layer.set_weights(_normalization(layer, bias, np.zeros_like(bias), np.ones_like(bias)))
    before = keras.Model(model.input, [layer.input for layer in normalizations])
    seen = [before(cells, training=False) for cells in batches]
    for layer, bias, parts in zip(normalizations, biases, zip(*seen, strict=True), strict=True):
        values = np.concatenate([np.asarray(part).reshape(-1, len(bias)) for part in parts])
        layer.set_weights(_normalization(layer, bias, values.mean(axis=0), values.var(axis=0)))


def released_convolutions(content: bytes) -> list[tuple[Floats, Floats]]:
    """Kernels, as Keras orders their axes, and biases, from the first to the last."""
    interpreter = load_interpreter(content)
    described = {tensor["index"]: tensor for tensor in interpreter.get_tensor_details()}
    found = []
    for operation in interpreter._get_ops_details():
        if operation["op_name"] in CONVOLUTIONS:
            _, *indices = operation["inputs"]
            kernel, bias = (_floats(interpreter, described[index]) for index in indices)
            # Output channels come first; of depthwise kernels the first axis has one element.
            found.append((kernel.transpose(1, 2, 3, 0), bias))
    return found


def _normalization(layer: Any, bias: Floats, mean: Floats, variance: Floats) -> list[Floats]:
    """Scale, shift, mean and variance by which a batch normalization only adds a bias."""
    return [np.sqrt(variance + layer.epsilon), bias + mean, mean, variance]


def _floats(interpreter: Any, tensor: dict[str, Any]) -> Floats:
    """The values of a tensor of integers."""
    quantization = tensor["quantization_parameters"]
    values = interpreter.get_tensor(tensor["index"]).astype(np.float64)
    shape = [1] * values.ndim
    shape[quantization["quantized_dimension"]] = -1
    return np.asarray(values * quantization["scales"].reshape(shape))
