"""Fit the feature scaling: principal components, percentiles, medians."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from heartsense.classifier.encoder import LEVELS, Encoder, Projection
from heartsense.measurements import FEATURE_GROUPS, FEATURE_NAMES
from training.features import Table
from training.fit.settings import FitSettings

_BEATS = np.array([name.startswith("beat_") for name in FEATURE_NAMES])
_VOLTAGE = np.array([group == "voltage" for group in FEATURE_GROUPS])
BEAT_COLUMNS = np.flatnonzero(_BEATS)
VOLTAGE_COLUMNS = np.flatnonzero(_VOLTAGE)
SHAPE_COLUMNS = np.flatnonzero(~_BEATS & ~_VOLTAGE)


def fit_encoder(table: Table, voltages: bool, settings: FitSettings) -> Encoder:
    """Fit an encoder to training rows; with `voltages` it also reads the voltage features."""
    columns = np.union1d(SHAPE_COLUMNS, VOLTAGE_COLUMNS) if voltages else SHAPE_COLUMNS
    views = _projection(table.embedding, settings.views, settings.seed)
    beats = _projection(table.signal[:, BEAT_COLUMNS], settings.beats, settings.seed)
    size = len(views.axes) + len(beats.axes) + len(columns)
    unscaled = Encoder(
        views=views,
        beats=beats,
        beat_columns=BEAT_COLUMNS,
        columns=columns,
        low=np.zeros(size),
        high=np.ones(size),
        fill=np.zeros(size, dtype=np.uint8),
    )
    raw = np.array([unscaled.raw(table.features(row)) for row in range(len(table))])
    known = np.isfinite(raw).any(axis=0)
    raw[:, ~known] = 0.0
    low, high = np.nanpercentile(raw, [1, 99], axis=0)
    high = np.where(high > low, high, low + 1)
    fill = np.clip((np.nanmedian(raw, axis=0) - low) / (high - low), 0, 1)
    codes = np.rint(fill * (LEVELS - 1)).astype(np.uint8)
    return replace(unscaled, low=low, high=high, fill=codes)


def encode(encoder: Encoder, table: Table) -> NDArray[np.uint8]:
    """Encode all rows, shape (n, codes); row by row, as in inference."""
    return np.array([encoder(table.features(row)) for row in range(len(table))])


def _projection(values: NDArray[np.floating], components: int, seed: int) -> Projection:
    known = np.isfinite(values).any(axis=0)
    center = np.zeros(values.shape[1], dtype=np.float32)
    center[known] = np.nanmean(values[:, known], axis=0)
    if not known.any():  # the original method has no signal features
        return Projection(center, np.zeros((0, values.shape[1]), dtype=np.float32))
    components = min(components, *values.shape)
    pca = PCA(components, svd_solver="randomized", random_state=seed)
    pca.fit(np.nan_to_num(values.astype(np.float32) - center))
    return Projection(center, pca.components_.astype(np.float32))
