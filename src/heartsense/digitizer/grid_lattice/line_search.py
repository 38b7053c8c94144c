"""Lines near predicted nodes: the darkness across them, and where it peaks."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.ink_segmentation import FloatImage
from heartsense.numeric import Floats

ACROSS: Final = np.linspace(-0.5, 0.5, 29)
"""Sample positions across a line, cells from the predicted node."""

ALONG: Final = np.linspace(-0.42, 0.42, 13)
"""Sample positions along a line, cells from the predicted node."""

TRIMMED: Final = 3
"""Samples along the line left out at each end of their order: what crosses it is no line."""

SHEARS: Final = (0.0, -0.12, 0.12)
"""Slants against the predicted direction that are tried, cells across for one cell along."""

REACH: Final = 0.22
"""How far from its prediction a line is looked for, cells."""

MIN_CONTRAST: Final = 0.035
"""Darkness of a line above the median beside it."""

MIN_SIGNAL_TO_NOISE: Final = 3.0
"""Contrast of a line over the scatter of the profile beside it."""


def find_lines(dark: FloatImage, nodes: Floats, steps: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """How far from each prediction a line crosses to the right and down, and whether both do.

    Returns
    -------
    float64 array, shape (n, 2)
        Shifts in cells.
    bool array, shape (n,)
    """
    shifts, sound = [], np.ones(len(nodes), np.bool_)
    for axis in (0, 1):
        shift, contrast, noise = profile_peak(line_profile(dark, nodes, steps, axis))
        sound &= (contrast > MIN_CONTRAST) & (contrast > MIN_SIGNAL_TO_NOISE * noise)
        shifts.append(shift)
    return np.stack(shifts, axis=1), sound


def line_profile(dark: FloatImage, nodes: Floats, steps: Floats, axis: int) -> Floats:
    """Darkness across the line that runs along the other axis, about its median.

    Returns
    -------
    float64 array, shape (n, len(ACROSS))
        At the slant that shows the line best.
    """
    across, along = steps[:, axis], steps[:, 1 - axis]
    best = np.empty(0)
    for shear in SHEARS:
        offset = ACROSS[:, None] + shear * ALONG[None, :]
        at = (
            nodes[:, None, None, :]
            + offset[None, :, :, None] * across[:, None, None, :]
            + ALONG[None, None, :, None] * along[:, None, None, :]
        )
        sampled = np.sort(_nearest(dark, at), axis=2)[:, :, TRIMMED:-TRIMMED].mean(axis=2)
        profile = sampled - np.median(sampled, axis=1, keepdims=True)
        padded = np.pad(profile, ((0, 0), (1, 1)), mode="edge")
        profile = (padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]) / 4
        if not len(best):
            best = profile
            continue
        inner = np.abs(ACROSS) <= REACH
        better = profile[:, inner].max(axis=1) > 1.03 * best[:, inner].max(axis=1)
        best = np.where(better[:, None], profile, best)
    return best


def profile_peak(profile: Floats) -> tuple[Floats, Floats, Floats]:
    """Of each profile: the line's place in cells, its contrast, and the scatter beside it."""
    rows = np.arange(len(profile))
    near = np.where(np.abs(ACROSS) <= REACH, profile, -np.inf)
    top = near.argmax(axis=1)
    before, peak, after = (profile[rows, top + k] for k in (-1, 0, 1))
    bend = before - 2 * peak + after
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(bend < 0, 0.5 * (before - after) / bend, 0.0)
    place = ACROSS[top] + np.clip(part, -1, 1) * (ACROSS[1] - ACROSS[0])
    beside = np.abs(ACROSS[None, :] - ACROSS[top][:, None]) >= 0.12
    return place, peak, np.std(profile, axis=1, where=beside)


def _nearest(dark: FloatImage, at: Floats) -> FloatImage:
    """Pixels nearest to positions (x, y) in the last axis; those outside from the border."""
    height, width = dark.shape
    x = np.clip(np.rint(at[..., 0]), 0, width - 1).astype(np.int32)
    y = np.clip(np.rint(at[..., 1]), 0, height - 1).astype(np.int32)
    return np.asarray(dark.ravel()[y * width + x])
