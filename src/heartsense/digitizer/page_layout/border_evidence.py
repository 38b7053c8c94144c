"""Evidence for a border between two leads at each pixel column."""

from itertools import pairwise
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

MIN_DOTTED_CONTRAST, CLEAR_DOTTED_CONTRAST = 0.05, 0.25
"""Part of the height between two rows that a dotted line, or bars, cover beyond what is beside."""

DOTTED_RADIUS_PX: Final = 2
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
MAX_LABEL_LEAD_PX: Final = 3
"""A label begins up to this far right of its lead's border, and left of it."""
MIN_LABELS: Final = 2.0
"""Rows with a label at the same column."""


def border_evidence(
    runs: InkRuns,
    paths: list[TracePath],
    centrelines: list[Floats],
    separators: Indices,
    other_ink: InkRuns | None = None,
) -> Floats:
    """Evidence for a border between two leads at each column.

    Parameters
    ----------
    runs : InkRuns
    paths, centrelines : lists
        Of the rows that are divided into columns of leads.
    separators : int64 array
        Columns of separator lines.
    other_ink : InkRuns, optional
        Ink that is no trace, where it is known: dotted lines and bars between leads, and labels.

    Returns
    -------
    float64 array, shape (columns,)
    """
    evidence = np.zeros(runs.columns)
    for path, centreline in zip(paths, centrelines, strict=True):
        row = BREAK_WEIGHT * _spread(_break_columns(runs, path), BREAK_RADIUS_PX)
        row = np.maximum(row, STEP_WEIGHT * _spread(_step_columns(centreline), STEP_RADIUS_PX))
        evidence += np.minimum(row, BREAK_WEIGHT)
    letters = _letters(runs, paths) if other_ink is None else _of_letter_size(other_ink)
    evidence += LABEL_WEIGHT * _label_share(
        runs if other_ink is None else other_ink, letters, paths
    )
    drawn = np.zeros(runs.columns, dtype=bool)
    drawn[separators] = True
    if other_ink is None:
        return evidence + SEPARATOR_WEIGHT * drawn
    dotted = _dotted_share(other_ink, [path.baseline for path in paths])
    return evidence + SEPARATOR_WEIGHT * np.maximum(_spread(drawn, BREAK_RADIUS_PX), dotted)


def _dotted_share(ink: InkRuns, baselines: list[float]) -> Floats:
    """How clearly each column is that of a dotted line, or of bars, between all baselines: 0 to 1.

    What is no trace covers a part of it, and hardly any of the columns beside it.
    """
    share = np.zeros(ink.columns)
    for top, bottom in pairwise(baselines):
        inside = np.clip(np.minimum(ink.bottom, bottom) - np.maximum(ink.top, top), 0.0, None)
        filled = np.bincount(ink.column, weights=inside, minlength=ink.columns) / (bottom - top)
        windows = centred_windows(
            np.convolve(filled, np.ones(3) / 3, mode="same"), PX_PER_MM, fill=0.0
        )
        beside = np.concatenate(
            [windows[:, : PX_PER_MM // 2], windows[:, -PX_PER_MM // 2 :]], axis=1
        )
        contrast = windows[:, PX_PER_MM] - beside.max(axis=1)
        contrast[contrast < MIN_DOTTED_CONTRAST] = 0.0
        clear = np.minimum(contrast / CLEAR_DOTTED_CONTRAST, 1.0)
        share += centred_windows(clear, DOTTED_RADIUS_PX, fill=0.0).max(axis=1)
    return share / max(len(baselines) - 1, 1)


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


def _label_share(runs: InkRuns, is_letter: NDArray[np.bool_], paths: list[TracePath]) -> Floats:
    """Share of rows with a word that begins beside each column, mostly just right of it.

    The labels of one column are exactly below each other, each near its row's baseline.
    """
    votes = np.zeros(runs.columns)
    for path in paths:
        near = is_letter & (np.abs(runs.centre - path.baseline) < MAX_LABEL_DISTANCE_PX)
        votes += _spread(_word_starts(runs.column[near], runs.columns), LABEL_RADIUS_PX)
    share = np.where(votes >= MIN_LABELS, votes / len(paths), 0.0)
    padded = np.pad(share, (MAX_LABEL_LEAD_PX, MAX_LABEL_OFFSET_PX))
    width = MAX_LABEL_LEAD_PX + MAX_LABEL_OFFSET_PX + 1
    beside = np.lib.stride_tricks.sliding_window_view(padded, width)
    return np.asarray(beside.max(axis=1))


def _letters(runs: InkRuns, paths: list[TracePath]) -> NDArray[np.bool_]:
    """Which runs belong to a stroke of a letter's size that is part of no trace."""
    label = label_strokes(runs)
    traced = np.unique(np.concatenate([label[path.runs] for path in paths]))
    return np.asarray(_of_letter_size(runs) & ~np.isin(label, traced))


def _of_letter_size(runs: InkRuns) -> NDArray[np.bool_]:
    size = stroke_sizes(runs)
    return np.asarray((size.max(axis=1) < MAX_LETTER_SIZE_PX) & (size[:, 1] > MIN_LETTER_HEIGHT_PX))


def _word_starts(columns: Indices, length: int) -> NDArray[np.bool_]:
    """Columns at which letters begin after a blank."""
    hits = np.zeros(length, dtype=bool)
    inked = np.unique(columns)
    if len(inked):
        hits[inked[np.flatnonzero(np.diff(inked, prepend=-length) > MIN_WORD_GAP_PX)]] = True
    return hits
