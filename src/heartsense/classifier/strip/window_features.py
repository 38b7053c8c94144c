"""Features of a whole strip: what its beats are, how regular they come, what is between them."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.strip.beat_features import BEAT_FEATURE_NAMES
from heartsense.classifier.strip.lead import Lead

FALSE_BEAT: Final = "X"
"""Class of a found beat where there is none."""

BEAT_CLASSES: Final = ("F", "N", "S", "V", FALSE_BEAT)
"""AAMI classes that the beats of one lead are told apart into, and false ones, in the order of
probabilities."""

_STRIP_COLUMNS: Final = tuple(n for n in BEAT_FEATURE_NAMES if n.startswith("strip_"))
_RR_NAMES: Final = ("median", "shortest", "longest", "variation", "steps", "steps_rms", "uneven")

WINDOW_FEATURE_NAMES: Final = (
    *(f"{part}_{letter}" for letter in "FSV" for part in ("most", "second", "sum", "share")),
    "v_run",
    "beats",
    *(f"rr_{name}" for name in _RR_NAMES),
    *(f"own_rr_{name}" for name in _RR_NAMES),
    "alike_lowest",
    "alike_median",
    "width_highest",
    "p_height_spread",
    *_STRIP_COLUMNS,
)
"""Names of the values of ``window_features``; ``own_rr`` leaves out what ectopic beats disturb."""


def window_features(
    lead: Lead, beats: NDArray[np.float64], probabilities: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Features of a strip with at least one beat.

    Parameters
    ----------
    lead : Lead
    beats : float64 array, shape (beats, len(BEAT_FEATURE_NAMES))
        As ``beat_features`` gave them.
    probabilities : float64 array, shape (beats, len(BEAT_CLASSES))

    Returns
    -------
    float64 array, shape (len(WINDOW_FEATURE_NAMES),)
    """
    column = dict(zip(BEAT_FEATURE_NAMES, beats.T, strict=True))
    of_class = dict(zip(BEAT_CLASSES, probabilities.T, strict=True))
    counts = [value for letter in "FSV" for value in _extent(of_class[letter])]
    ectopic = of_class["V"] + of_class["F"] > 0.5
    rr = np.diff(lead.seconds)
    p_height = column["p_height"]
    return np.array(
        [
            *counts,
            _longest_run(of_class["V"] > 0.5),
            len(beats),
            *_rr(rr),
            *_rr(rr[~(ectopic[1:] | ectopic[:-1])]),
            _finite(np.min, column["alike_median"]),
            _finite(np.median, column["alike_median"]),
            column["width_ratio"].max(),
            _finite(np.std, p_height),
            *beats[0, [BEAT_FEATURE_NAMES.index(name) for name in _STRIP_COLUMNS]],
        ],
        dtype=np.float64,
    )


def _extent(probability: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """The highest and second highest of a class, their sum, and the share of its beats."""
    ordered = np.sort(probability)[::-1]
    second = float(ordered[1]) if len(ordered) > 1 else 0.0
    return float(ordered[0]), second, float(ordered.sum()), float((ordered > 0.5).mean())


def _longest_run(flags: NDArray[np.bool_]) -> int:
    longest = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        longest = max(longest, run)
    return longest


def _rr(rr: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median, extremes, variation, and how much neighbouring intervals differ."""
    values = np.full(len(_RR_NAMES), np.nan)
    if len(rr) < 3:
        return values
    median = float(np.median(rr))
    steps = np.abs(np.diff(rr)) / median
    values[:] = (
        median,
        rr.min() / median,
        rr.max() / median,
        rr.std() / median,
        np.median(steps),
        np.sqrt((steps**2).mean()),
        (steps > 0.08).mean(),
    )
    return values


def _finite(statistic: Callable[[NDArray[np.float64]], Any], values: NDArray[np.float64]) -> float:
    """A statistic of the finite values; NaN where there are none."""
    known = values[np.isfinite(values)]
    return float(statistic(known)) if len(known) else np.nan
