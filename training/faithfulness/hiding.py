"""Hides parts of the traces of a page, chosen by a heat-map or at random."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from heartsense.rendering import HeatTrace

Flags = NDArray[np.bool_]

_DEFAULT_WIDTH = 6
"""Pixels around a trace that are hidden where the page shows no grid."""


def marked(heat: Sequence[HeatTrace], share: float) -> Flags:
    """The share of all trace points with the most heat, shape (points of all traces,).

    Points of equal heat are taken from the left, trace by trace.
    """
    weights = np.concatenate([trace.weights for trace in heat])
    chosen = np.zeros(len(weights), np.bool_)
    chosen[np.argsort(-weights, kind="stable")[: round(share * len(weights))]] = True
    return chosen


def shifted(chosen: Flags, rng: np.random.Generator) -> Flags:
    """As many points in pieces of the same lengths, elsewhere: moved along the traces at random."""
    return np.roll(chosen, int(rng.integers(1, len(chosen))))


def hide(
    pixels: NDArray[np.uint8], heat: Sequence[HeatTrace], chosen: Flags, width: float | None
) -> NDArray[np.uint8]:
    """The page with the chosen points of its traces painted over with the colour of the paper.

    Parameters
    ----------
    pixels : uint8 array, shape (height, width, 3)
    heat
        The traces.
    chosen : bool array
        As `marked` returns it.
    width
        Of the brush in pixels; None for a usual one.
    """
    page = Image.fromarray(pixels)
    draw = ImageDraw.Draw(page)
    paper = _paper(pixels)
    brush = round(width or _DEFAULT_WIDTH)
    start = 0
    for trace in heat:
        flags = chosen[start : start + len(trace.points)]
        start += len(trace.points)
        for (first, point), (second, following) in pairwise(zip(flags, trace.points, strict=True)):
            if first and second:
                draw.line([*map(float, point), *map(float, following)], fill=paper, width=brush)
    return np.asarray(page)


def _paper(pixels: NDArray[np.uint8]) -> tuple[int, ...]:
    """The commonest colour, to 3 bits a channel: the mean of the pixels that have it."""
    flat = pixels.reshape(-1, 3)
    coarse = (flat >> 5).astype(np.int64) @ np.array([64, 8, 1])
    commonest = np.bincount(coarse).argmax()
    return tuple(int(value) for value in flat[coarse == commonest].mean(axis=0))
