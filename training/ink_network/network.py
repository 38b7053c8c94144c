"""The network that tells trace from grid, labels, bars and creases on a rectified page."""

from typing import Any, Final

from heartsense.digitizer.ink.network import CELL_PX

CHANNELS: Final = 2 * CELL_PX**2 + 4
"""Darkness with and without the grid of a cell's pixels, and the phase of the lattice."""

WIDTHS: Final = (32, 48, 64, 96)
"""Feature maps at one, two, four and eight cells."""


def build_network(height: int | None = None, width: int | None = None) -> Any:
    """Build the network in Keras: a small U-Net (Ronneberger et al. 2015), fully convolutional.

    Input is float32, shape (batch, height, width, CHANNELS), in cells; output the logits of the
    pixels of each cell, shape (batch, height, width, CELL_PX**2).
    """
    import keras

    cells = keras.Input((height, width, CHANNELS), name="cells")
    x = _conv(cells, WIDTHS[0], 3)
    skips = []
    for count in WIDTHS[1:]:
        skips.append(x)
        x = _conv(x, count, 3, stride=2)
        x = _separable(x, count, 5)
        x = _separable(x, count, 5)
    x = _separable(x, WIDTHS[-1], 5, dilation=2)
    for count, skip in zip(WIDTHS[-2::-1], skips[::-1], strict=True):
        x = _conv(x, count, 1)
        x = keras.layers.UpSampling2D(interpolation="bilinear")(x)
        x = keras.layers.Add()([x, skip])
        x = _separable(x, count, 5)
        x = _separable(x, count, 5)
    logits = keras.layers.Conv2D(CELL_PX**2, 3, padding="same", name="logits")(x)
    return keras.Model(cells, logits, name="ink_network")


def _conv(x: Any, count: int, side: int, stride: int = 1) -> Any:
    import keras

    x = keras.layers.Conv2D(count, side, strides=stride, padding="same", use_bias=False)(x)
    return keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=0.9)(x))


def _separable(x: Any, count: int, side: int, dilation: int = 1) -> Any:
    """Depthwise and pointwise convolution with a shortcut (Chollet 2017)."""
    import keras

    y = keras.layers.DepthwiseConv2D(side, padding="same", dilation_rate=dilation, use_bias=False)(
        x
    )
    y = keras.layers.Conv2D(count, 1, use_bias=False)(y)
    y = keras.layers.BatchNormalization(momentum=0.9)(y)
    return keras.layers.ReLU()(keras.layers.Add()([x, y]))
