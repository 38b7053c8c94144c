"""Fit the centreline network to curves that were drawn, and say what it gains on others."""

import warnings
from collections.abc import Sequence
from typing import Final

import numpy as np

from heartsense.digitizer.trace_extraction.centreline_network import (
    MAX_CORRECTION_PENS,
    RADIUS_PX,
    CentrelineNetwork,
    Float32s,
    column_features,
    corrected_line,
)
from heartsense.numeric import Floats
from training.centreline.true_curves import TrueCurve

HIDDEN: Final = (192, 64)
"""Units of the hidden layers."""

BATCH: Final = 1024
FIRST_RATE, LAST_RATE = 1e-3, 2e-4
"""Learning rates; the last one for a quarter as many epochs."""


def fit_network(curves: Sequence[TrueCurve], epochs: int, seed: int) -> CentrelineNetwork:
    """Least squares by Adam (Kingma and Ba 2015).

    It learns from each curve upside down too, as leads are drawn either way. The answer to a
    column is the mean of all curves that leave such ink there: where the ink does not tell, the
    correction is small.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor

    features, errors = _examples([*curves, *(curve.upside_down() for curve in curves)])
    model = MLPRegressor(
        hidden_layer_sizes=HIDDEN,
        alpha=1e-4,
        batch_size=min(BATCH, len(errors) // 2),
        n_iter_no_change=epochs,  # single columns that are left out would tell nothing
        warm_start=True,
        random_state=seed,
    )
    with warnings.catch_warnings():  # the epochs end it, not convergence
        warnings.simplefilter("ignore", ConvergenceWarning)
        for rate, count in ((FIRST_RATE, epochs), (LAST_RATE, max(epochs // 4, 1))):
            model.set_params(learning_rate_init=rate, max_iter=count).fit(features, errors)
    return CentrelineNetwork(
        tuple(weight.astype(np.float32) for weight in model.coefs_),
        tuple(bias.astype(np.float32) for bias in model.intercepts_),
    )


def decibels(curves: Sequence[TrueCurve], network: CentrelineNetwork | None = None) -> Floats:
    """Signal over noise of each curve, in dB, as it was read or with the network's correction."""
    return np.array([_decibels(curve, network) for curve in curves])


def _decibels(curve: TrueCurve, network: CentrelineNetwork | None) -> float:
    line = curve.centreline
    if network is not None:
        line = corrected_line(network, curve.edges, line, by_network=curve.by_network)
    known = np.isfinite(line)
    error, true = line[known] - curve.true[known], curve.true[known]
    return float(10 * np.log10(max(true.var(), 1e-9) / max(error.var(), 1e-9)))


def _examples(curves: Sequence[TrueCurve]) -> tuple[Float32s, Floats]:
    """The input for each column that is not level, and how far it is off in radii of the pen.

    Not for columns at the ends of a curve, which was cut out of a longer one there.
    """
    inputs, errors = [], []
    for curve in curves:
        off = (curve.true - curve.centreline) / curve.edges.pen
        stretches = column_features(curve.edges, curve.centreline, by_network=curve.by_network)
        for columns, features in stretches:
            within = (columns >= RADIUS_PX) & (columns < len(off) - RADIUS_PX)
            inputs.append(features[within])
            errors.append(off[columns[within]])
    limit = MAX_CORRECTION_PENS
    return np.concatenate(inputs), np.clip(np.concatenate(errors), -limit, limit)
