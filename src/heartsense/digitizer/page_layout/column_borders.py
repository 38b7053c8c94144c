"""What speaks for a border between two leads at a column of the sheet."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.ink_runs import Runs, stroke_extents, strokes
from heartsense.digitizer.trace_extraction.path_following import Path
from heartsense.numeric import centred_windows

Floats = NDArray[np.float64]

SEPARATOR: Final = 6.0
BREAK: Final = 1.5
STEP: Final = 1.0
LABEL: Final = 2.0
"""Weights of a drawn line, of a break and of a step in one row's trace, of one row's label."""


def border_evidence(
    runs: Runs, paths: list[Path], curves: list[Floats], drawn: NDArray[np.int64]
) -> Floats:
    """Evidence for a border at each column, shape (columns,).

    Parameters
    ----------
    paths, curves : of the rows that are divided into columns
    drawn : columns of upright lines drawn across rows
    """
    evidence = np.zeros(runs.columns)
    for path, curve in zip(paths, curves, strict=True):
        row = BREAK * _spread(_breaks(runs, path), 3)
        row = np.maximum(row, STEP * _spread(_steps(curve), 2))
        evidence += np.minimum(row, BREAK)
    evidence += LABEL * _labels(runs, paths)
    evidence[drawn] += SEPARATOR
    return evidence


def _spread(hits: NDArray[np.bool_], reach: int) -> Floats:
    """Let a mark count for the columns round it, less with distance."""
    kernel = 1.0 - np.abs(np.arange(-reach, reach + 1)) / (reach + 1)
    return np.asarray((centred_windows(hits.astype(float), reach, fill=0.0) * kernel).max(axis=1))


def _breaks(runs: Runs, path: Path) -> NDArray[np.bool_]:
    """Columns at which the path jumps or has no ink: one lead ends, the next begins.

    Breaks within a QRS complex, where the pen was too fast to leave ink, do not count.
    """
    x, top, bottom = (v[path.chosen] for v in (runs.column, runs.top, runs.bottom))
    apart = np.maximum(top[1:] - bottom[:-1], top[:-1] - bottom[1:]) > 1.0
    flat = np.maximum(bottom[1:] - top[1:], bottom[:-1] - top[:-1]) < 1.5 * PX_PER_MM
    at = np.flatnonzero((apart | (np.diff(x) > 1)) & flat)
    hits = np.zeros(runs.columns, dtype=bool)
    hits[(x[at] + x[at + 1]) // 2] = True
    return hits


def _steps(curve: Floats) -> NDArray[np.bool_]:
    """Columns at which the trace changes its level for good: two leads with unlike baselines."""
    reach = 2 * PX_PER_MM
    windows = centred_windows(curve, reach + 1, fill=np.nan)
    left = windows[:, :reach].mean(axis=1)
    right = windows[:, -reach:].mean(axis=1)
    flat = (np.ptp(windows[:, :reach], axis=1) < 3) & (np.ptp(windows[:, -reach:], axis=1) < 3)
    return np.asarray(flat & (np.abs(right - left) > 0.6 * PX_PER_MM))


def _labels(runs: Runs, paths: list[Path]) -> Floats:
    """Share of rows with a word that begins just right of each column.

    Labels of one column stand exactly below each other, each near its own row's baseline.
    """
    inked = np.ones(len(runs.column), dtype=bool)
    label = strokes(runs)
    on_path = np.unique(np.concatenate([label[p.chosen] for p in paths]))
    inked[np.isin(label, on_path)] = False
    extent = stroke_extents(runs)
    glyph = inked & (extent.max(axis=1) < 6.0 * PX_PER_MM) & (extent[:, 1] > 0.8 * PX_PER_MM)
    votes = np.zeros(runs.columns)
    for path in paths:
        near = glyph & (np.abs(runs.centre - path.baseline) < 14.0 * PX_PER_MM)
        votes += _spread(_word_starts(runs.column[near], runs.columns), 4)
    shared = np.where(votes >= 2.0, votes / len(paths), 0.0)
    gap = 2 * PX_PER_MM  # a label begins up to this far right of its lead's border
    padded = np.pad(shared, (0, gap))
    ahead = np.lib.stride_tricks.sliding_window_view(padded, gap + 1)[: runs.columns]
    return np.asarray(ahead.max(axis=1))


def _word_starts(columns: NDArray[np.int64], length: int) -> NDArray[np.bool_]:
    """Columns at which glyph ink begins after a blank of 2 mm."""
    hits = np.zeros(length, dtype=bool)
    inked = np.unique(columns)
    if len(inked):
        hits[inked[np.flatnonzero(np.diff(inked, prepend=-length) > 2 * PX_PER_MM)]] = True
    return hits
