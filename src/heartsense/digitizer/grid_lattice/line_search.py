"""Lines near predicted nodes: the darkness across them, and where it peaks."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.ink.segmentation import FloatImage
from heartsense.numeric import Floats, Indices

ACROSS: Final = np.linspace(-0.5, 0.5, 29)
"""Sample positions across a line, cells from the predicted node."""

ALONG: Final = np.linspace(-0.42, 0.42, 13)
"""Sample positions along a line, cells from the predicted node."""

TRIMMED: Final = 3
"""Samples along the line left out at each end of their order: what crosses it is no line."""

SHEARS: Final = (0.0, -0.12, 0.12)
"""Slants against the predicted direction that are tried, cells across for one cell along."""

MIN_ADVANTAGE: Final = 1.03
"""Height of a peak relative to that at the slant before it, from which it is taken."""

REACH: Final = 0.22
"""How far from its prediction a line is looked for, cells."""

BESIDE: Final = 0.12
"""Distance from a line at which what lies beside it begins, cells."""

_NEAR: Final = np.abs(ACROSS) <= REACH
_MIDDLE: Final = len(ACROSS) // 2

MIN_CONTRAST: Final = 0.035
"""Darkness of a line above the median beside it."""

MIN_SIGNAL_TO_NOISE: Final = 3.0
"""Contrast of a line over the scatter of the profile beside it."""

TRACE_RATIO: Final = 1.3
"""What runs beside a line and is so much darker is a trace, and no scatter."""

TRACE_EDGE: Final = 2
"""Samples on each side of it that it makes darker."""

MIN_BLANK: Final = 7
"""Samples without a trace that tell the scatter."""


def _sorting_network(count: int) -> list[tuple[int, int]]:
    """Comparisons that sort ``count`` values: merge exchange (Batcher 1968; Knuth 5.2.2 M)."""
    pairs = []
    top = 1 << (count - 1).bit_length() - 1
    part = top
    while part:
        apart, distance, remainder = top, part, 0
        while True:
            pairs += [(i, i + distance) for i in range(count - distance) if i & part == remainder]
            if apart == part:
                break
            distance, remainder, apart = apart - part, part, apart // 2
        part //= 2
    return pairs


_SORTING_NETWORK: Final = _sorting_network(len(ALONG))


def find_lines(
    dark: FloatImage, nodes: Floats, steps: Floats, *, past_traces: bool = False
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """How far from each prediction a line crosses to the right and down, and whether both do.

    Returns
    -------
    float64 array, shape (n, 2)
        Shifts in cells.
    bool arrays, shape (n,)
        Whether both lines are there; with ``past_traces``, whether they would be but for a trace
        beside them, otherwise the same.
    """
    profiles = line_profiles(dark, nodes, steps).reshape(-1, len(ACROSS))
    shift, contrast, noise = profile_peak(profiles)
    is_dark = contrast > MIN_CONTRAST
    sound = is_dark & (contrast > MIN_SIGNAL_TO_NOISE * noise)
    clear = sound.copy()
    if past_traces:
        scatter = _blank_scatter(profiles[is_dark])
        clear[is_dark] |= contrast[is_dark] > MIN_SIGNAL_TO_NOISE * scatter
    both, but_for_trace = (flags[::2] & flags[1::2] for flags in (sound, clear))
    return shift.reshape(-1, 2), both, but_for_trace


def line_profiles(dark: FloatImage, nodes: Floats, steps: Floats) -> FloatImage:
    """Darkness across the two lines through each node, about its median.

    Returns
    -------
    float32 array, shape (n, 2, len(ACROSS))
        At the slant that shows the line best; first across the line that runs down.
    """
    # Separate x and y, shape (n, 2, slants, positions): contiguous arrays are faster. Relative to
    # a pixel at the node, single precision tells less than a thousandth of one. That it is an even
    # one rounds halves as the whole positions would be rounded.
    pixel = 2 * np.rint(nodes / 2)
    middle = np.moveaxis(nodes - pixel, -1, 0)[:, :, None, None, None]
    across = np.moveaxis(steps, -1, 0)[..., None, None]
    slanted = (across[:, :, ::-1] + np.array(SHEARS)[:, None] * across).astype(np.float32)
    x, y = (middle + ACROSS * across).astype(np.float32)
    pixels = _PixelsAround(dark, pixel, float(np.abs(steps).max()))
    samples = [
        pixels.nearest(x + step * slanted[0], y + step * slanted[1])
        for step in ALONG.astype(np.float32)
    ]
    profile = _trimmed_mean(samples)
    profile -= np.partition(profile, _MIDDLE, axis=-1)[..., _MIDDLE, None]  # the median, faster
    before = np.concatenate([profile[..., :1], profile[..., :-1]], axis=-1)
    after = np.concatenate([profile[..., 1:], profile[..., -1:]], axis=-1)
    profile = np.asarray((before + 2 * profile + after) / 4)
    best, height = np.zeros(profile.shape[:2], np.int64), profile[..., _NEAR].max(axis=-1)
    for slant in range(1, len(SHEARS)):
        better = height[..., slant] > MIN_ADVANTAGE * height[..., 0]
        best[better], height[better, 0] = slant, height[better, slant]
    return np.asarray(np.take_along_axis(profile, best[..., None, None], axis=2)[:, :, 0])


def _trimmed_mean(samples: list[FloatImage]) -> FloatImage:
    """Mean of arrays without the ``TRIMMED`` lowest and highest values.

    Sorted by a network: comparing whole arrays is much faster than sorting many short ones.
    """
    values = samples.copy()
    for one, other in _SORTING_NETWORK:
        values[one], values[other] = (
            np.minimum(values[one], values[other]),
            np.maximum(values[one], values[other]),
        )
    kept = values[TRIMMED:-TRIMMED]
    total = kept[0].copy()
    for value in kept[1:]:
        total += value
    return np.asarray(total / np.float32(len(kept)))


def profile_peak(profile: FloatImage) -> tuple[Floats, Floats, Floats]:
    """Of each profile: the line's place in cells, its contrast, and the scatter beside it."""
    rows = np.arange(len(profile))
    near = np.where(_NEAR, profile, -np.inf)
    top = near.argmax(axis=1)
    before, peak, after = (profile[rows, top + k] for k in (-1, 0, 1))
    bend = before - 2 * peak + after
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(bend < 0, 0.5 * (before - after) / bend, 0.0)
    place = ACROSS[top] + np.clip(part, -1, 1) * (ACROSS[1] - ACROSS[0])
    return place, peak, np.std(profile, axis=1, where=_beside(top))


def _beside(top: Indices) -> NDArray[np.bool_]:
    """What of a profile lies beside a line at an index."""
    return np.asarray(np.abs(ACROSS[None, :] - ACROSS[top][:, None]) >= BESIDE)


def _blank_scatter(profile: FloatImage) -> Floats:
    """Standard deviation of each profile beside its line, but for a trace that runs along it."""
    near = np.where(_NEAR, profile, -np.inf)
    beside = _beside(near.argmax(axis=1))
    trace = beside & (profile > TRACE_RATIO * near.max(axis=1)[:, None])
    padded = np.pad(trace, ((0, 0), (TRACE_EDGE, TRACE_EDGE)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * TRACE_EDGE + 1, axis=1)
    blank = beside & ~windows.any(axis=2)
    few = blank.sum(axis=1) < MIN_BLANK
    blank[few] = beside[few]
    return np.asarray(np.std(profile, axis=1, where=blank))


class _PixelsAround:
    """Pixels at places relative to those of nodes; outside the picture those of its border.

    Parameters
    ----------
    dark : float32 array, shape (height, width)
    pixel : float64 array, shape (n, 2)
        Whole pixels (x, y) of the nodes.
    reach : float
        No place is farther from its node, in either direction.
    """

    def __init__(self, dark: FloatImage, pixel: Floats, reach: float) -> None:
        self._values, self._width = dark.ravel(), dark.shape[1]
        self._node = (pixel @ [1.0, self._width]).astype(np.int64)[:, None, None, None]
        first = -pixel.astype(np.float32)[:, :, None, None, None]
        last = first + np.array(dark.shape[::-1], np.float32)[:, None, None, None] - 1
        is_inside = first.max() <= -reach - 1 and last.min() >= reach + 1
        self._limits = None if is_inside else (first, last)

    def nearest(self, x: FloatImage, y: FloatImage) -> FloatImage:
        """The pixels nearest to places, shape (n, ...), which it changes."""
        for axis, place in enumerate((x, y)):
            np.rint(place, out=place)
            if self._limits is not None:
                first, last = self._limits
                np.maximum(place, first[:, axis], out=place)
                np.minimum(place, last[:, axis], out=place)
        y *= self._width
        y += x
        index = y.astype(np.int64)
        index += self._node
        return np.asarray(self._values.take(index))
