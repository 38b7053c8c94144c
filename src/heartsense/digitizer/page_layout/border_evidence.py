"""Evidence for a border between two leads at each pixel column."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns, label_strokes, stroke_sizes
from heartsense.digitizer.trace_extraction.path_following import TracePath, path_breaks
from heartsense.numeric import Floats, Indices, centred_windows

SEPARATOR_WEIGHT: Final = 6.0
BREAK_WEIGHT: Final = 1.5
STEP_WEIGHT: Final = 1.0
LABEL_WEIGHT: Final = 2.0
"""Evidence of a separator line, of a break or a step in one row, of labels in all rows."""

BREAK_RADIUS_PX, STEP_RADIUS_PX, LABEL_RADIUS_PX = 3, 2, 4
"""Pixels over which evidence is spread."""

MAX_FLAT_RUN_PX: Final = 1.5 * PX_PER_MM
"""Breaks beside taller runs are inside a QRS complex, where the pen left no ink."""

STEP_WINDOW_PX: Final = 2 * PX_PER_MM
MAX_FLAT_RANGE_PX: Final = 3
MIN_STEP_PX: Final = 0.6 * PX_PER_MM
"""A step lies between two flat windows whose levels differ by this."""

MIN_LETTER_HEIGHT_PX, MAX_LETTER_SIZE_PX = 0.8 * PX_PER_MM, 6.0 * PX_PER_MM
MAX_LABEL_DISTANCE_PX: Final = 14.0 * PX_PER_MM
"""Distance of a label from the baseline of its row."""
MIN_WORD_GAP_PX: Final = 2 * PX_PER_MM
MAX_LABEL_OFFSET_PX: Final = 2 * PX_PER_MM
"""A label begins up to this far right of its lead's border."""
MIN_LABELS: Final = 2.0
"""Rows with a label at the same column."""


def border_evidence(
    runs: InkRuns, paths: list[TracePath], centrelines: list[Floats], separators: Indices
) -> Floats:
    """Evidence for a border between two leads at each column.

    Parameters
    ----------
    runs : InkRuns
    paths, centrelines : lists
        Of the rows that are divided into columns of leads.
    separators : int64 array
        Columns of separator lines.

    Returns
    -------
    float64 array, shape (columns,)
    """
    evidence = np.zeros(runs.columns)
    for path, centreline in zip(paths, centrelines, strict=True):
        row = BREAK_WEIGHT * _spread(_break_columns(runs, path), BREAK_RADIUS_PX)
        row = np.maximum(row, STEP_WEIGHT * _spread(_step_columns(centreline), STEP_RADIUS_PX))
        evidence += np.minimum(row, BREAK_WEIGHT)
    evidence += LABEL_WEIGHT * _label_share(runs, paths)
    evidence[separators] += SEPARATOR_WEIGHT
    return evidence


def _spread(hits: NDArray[np.bool_], radius: int) -> Floats:
    """Spread hits over the columns around them, decreasing with distance."""
    kernel = 1.0 - np.abs(np.arange(-radius, radius + 1)) / (radius + 1)
    return np.asarray((centred_windows(hits.astype(float), radius, fill=0.0) * kernel).max(axis=1))


def _break_columns(runs: InkRuns, path: TracePath) -> NDArray[np.bool_]:
    """Columns at which the path breaks between flat stretches."""
    x, height = runs.column[path.runs], runs.height[path.runs]
    is_flat = np.maximum(height[1:], height[:-1]) < MAX_FLAT_RUN_PX
    at = np.flatnonzero(path_breaks(runs, path.runs) & is_flat)
    hits = np.zeros(runs.columns, dtype=bool)
    hits[(x[at] + x[at + 1]) // 2] = True
    return hits


def _step_columns(centreline: Floats) -> NDArray[np.bool_]:
    """Columns between two flat stretches of different level: leads with different baselines."""
    size = STEP_WINDOW_PX
    windows = centred_windows(centreline, size + 1, fill=np.nan)
    before, after = windows[:, :size], windows[:, -size:]
    step = np.abs(after.mean(axis=1) - before.mean(axis=1))
    is_flat = (np.ptp(before, axis=1) < MAX_FLAT_RANGE_PX) & (
        np.ptp(after, axis=1) < MAX_FLAT_RANGE_PX
    )
    return np.asarray(is_flat & (step > MIN_STEP_PX))


def _label_share(runs: InkRuns, paths: list[TracePath]) -> Floats:
    """Share of rows with a word that begins just right of each column.

    The labels of one column are exactly below each other, each near its row's baseline.
    """
    is_letter = _letters(runs, paths)
    votes = np.zeros(runs.columns)
    for path in paths:
        near = is_letter & (np.abs(runs.centre - path.baseline) < MAX_LABEL_DISTANCE_PX)
        votes += _spread(_word_starts(runs.column[near], runs.columns), LABEL_RADIUS_PX)
    share = np.where(votes >= MIN_LABELS, votes / len(paths), 0.0)
    padded = np.pad(share, (0, MAX_LABEL_OFFSET_PX))
    ahead = np.lib.stride_tricks.sliding_window_view(padded, MAX_LABEL_OFFSET_PX + 1)
    return np.asarray(ahead[: runs.columns].max(axis=1))


def _letters(runs: InkRuns, paths: list[TracePath]) -> NDArray[np.bool_]:
    """Which runs belong to a stroke of a letter's size that is part of no trace."""
    label = label_strokes(runs)
    traced = np.unique(np.concatenate([label[path.runs] for path in paths]))
    size = stroke_sizes(runs)
    has_size = (size.max(axis=1) < MAX_LETTER_SIZE_PX) & (size[:, 1] > MIN_LETTER_HEIGHT_PX)
    return np.asarray(has_size & ~np.isin(label, traced))


def _word_starts(columns: Indices, length: int) -> NDArray[np.bool_]:
    """Columns at which letters begin after a blank."""
    hits = np.zeros(length, dtype=bool)
    inked = np.unique(columns)
    if len(inked):
        hits[inked[np.flatnonzero(np.diff(inked, prepend=-length) > MIN_WORD_GAP_PX)]] = True
    return hits
