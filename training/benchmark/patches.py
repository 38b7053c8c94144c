"""Simple features of picture patches: light, colour, contrast, spectrum."""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE_PX: Final = 96
LONG_SIDE_PX: Final = 1600
"""Pages are compared at this size, the one at which they are read."""
FEATURES: Final = (
    *(f"level {name}" for name in ("5 %", "25 %", "50 %", "75 %", "95 %")),
    "red to green",
    "blue to green",
    "saturation",
    "saturation of the dark",
    "deviation",
    "gradient median",
    "gradient 95 %",
    "curvature",
    "noise",
    "skewness",
    *(f"band {i}" for i in range(8)),
    "anisotropy",
    "peak of the spectrum",
)

Features = NDArray[np.float64]


def scale_page(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The page with a long side of ``LONG_SIDE_PX``."""
    image = Image.fromarray(pixels)
    factor = LONG_SIDE_PX / max(image.size)
    if factor == 1:
        return pixels
    size = (max(round(image.width * factor), SIDE_PX), max(round(image.height * factor), SIDE_PX))
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0))


def page_patches(
    pixels: NDArray[np.uint8], count: int, rng: np.random.Generator
) -> tuple[Features, list[NDArray[np.uint8]]]:
    """Features of ``count`` random patches of a page, shape (count, features), and the patches."""
    scaled = scale_page(pixels)
    patches = []
    for _ in range(count):
        y, x = (int(rng.integers(0, side - SIDE_PX + 1)) for side in scaled.shape[:2])
        patches.append(scaled[y : y + SIDE_PX, x : x + SIDE_PX])
    return np.array([patch_features(patch) for patch in patches]), patches


def patch_features(patch: NDArray[np.uint8]) -> Features:
    """The features of one RGB patch, in the order of ``FEATURES``."""
    rgb = patch.astype(np.float64)
    grey = rgb.mean(axis=2)
    levels = np.percentile(grey, (5, 25, 50, 75, 95))
    red, green, blue = rgb.mean(axis=(0, 1)) + 1.0
    spread = rgb.max(axis=2) - rgb.min(axis=2)
    dark = grey <= levels[0]
    flat = grey / max(levels[2], 1.0)
    down, across = np.gradient(flat)
    slope = np.hypot(down, across)
    curvature = flat[1:-1, 1:-1] * 4 - flat[:-2, 1:-1] - flat[2:, 1:-1]
    curvature = curvature - flat[1:-1, :-2] - flat[1:-1, 2:]
    centred = flat - flat.mean()
    return np.array(
        [
            *levels,
            red / green,
            blue / green,
            spread.mean(),
            spread[dark].mean(),
            flat.std(),
            np.median(slope),
            np.percentile(slope, 95),
            curvature.std(),
            np.median(np.abs(curvature)),
            (centred**3).mean() / max(flat.std() ** 3, 1e-9),
            *_spectrum(centred),
        ]
    )


def _spectrum(centred: Features) -> list[float]:
    """Log power in eight rings, how much one direction has more, and the strongest peak."""
    window = np.hanning(SIDE_PX)
    power = np.abs(np.fft.fft2(centred * np.outer(window, window))) ** 2
    f = np.fft.fftfreq(SIDE_PX)
    radius = np.hypot(f[:, None], f[None, :])
    edges = np.geomspace(1.5 / SIDE_PX, 0.5, 9)
    rings = [power[(radius >= a) & (radius < b)].mean() for a, b in pairwise(edges)]
    angle = np.arctan2(f[:, None], f[None, :])
    high = radius > 0.05
    turned = abs((power * np.exp(2j * angle))[high].sum()) / max(power[high].sum(), 1e-12)
    peak = power[high].max() / max(power[high].mean(), 1e-12)
    return [*np.log(np.array(rings) + 1e-9).tolist(), float(turned), float(np.log(peak + 1e-9))]
