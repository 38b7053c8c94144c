"""How much each training record counts for each condition."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.conditions import CONDITION_IDS
from training.features import Table
from training.fit.settings import FitSettings
from training.sources.record import HYPERTROPHY

HALF_SIZE_SOURCE: Final = "ludb"
"""Its chest leads are about half the size of the others', so its hypertrophy passes no voltage
criterion: taken at full weight, it teaches hypertrophy wrongly to all other sources."""


def label_weights(table: Table, settings: FitSettings) -> NDArray[np.float64]:
    """Weight of each record for each label, shape (n, labels)."""
    weights = np.ones(table.labels.shape)
    half_size = table.source == HALF_SIZE_SOURCE
    if half_size.any():
        weights[half_size, CONDITION_IDS.index(HYPERTROPHY)] = settings.ludb_hypertrophy
    return weights
