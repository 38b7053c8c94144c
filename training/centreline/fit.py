"""Fit the centreline network to curves that were drawn, and say what it gains on others."""

import warnings
from collections.abc import Sequence
from typing import Final

import numpy as np

from heartsense.digitizer.trace_extraction.centreline_network import (
    MAX_CORRECTION_PENS,
    CentrelineNetwork,
    Features,
    column_features,
)
from heartsense.numeric import Floats
from training.centreline.true_curves import TrueCurve

HIDDEN: Final = (128, 64)
"""Units of the hidden layers."""

BATCH: Final = 1024


def fit_network(curves: Sequence[TrueCurve], epochs: int, seed: int) -> CentrelineNetwork:
    """Least squares by Adam (Kingma and Ba 2015).

    The answer to a column is the mean of all curves that leave such ink there: where the ink does
    not tell, the correction is small.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor

    features, errors = _examples(curves)
    model = MLPRegressor(
        hidden_layer_sizes=HIDDEN,
        alpha=1e-4,
        batch_size=min(BATCH, len(errors) // 2),
        max_iter=epochs,
        early_stopping=True,
        validation_fraction=0.05,
        n_iter_no_change=4,
        tol=0.0,
        random_state=seed,
    )
    with warnings.catch_warnings():  # the epochs end it, not convergence
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(features, errors)
    return CentrelineNetwork(
        tuple(weight.astype(np.float32) for weight in model.coefs_),
        tuple(bias.astype(np.float32) for bias in model.intercepts_),
    )


def decibels(curves: Sequence[TrueCurve], network: CentrelineNetwork | None = None) -> Floats:
    """Signal over noise of each curve, in dB, as it was read or with the network's correction."""
    return np.array([_decibels(curve, network) for curve in curves])


def _decibels(curve: TrueCurve, network: CentrelineNetwork | None) -> float:
    line = curve.centreline.copy()
    if network is not None:
        for columns, features in column_features(curve.edges, line, is_bent=curve.is_bent):
            line[columns] += curve.edges.pen * network(features)
    known = np.isfinite(line)
    error, true = line[known] - curve.true[known], curve.true[known]
    return float(10 * np.log10(true.var() / max(error.var(), 1e-9)))


def _examples(curves: Sequence[TrueCurve]) -> tuple[Features, Floats]:
    """The input for each column that is not level, and how far it is off in radii of the pen."""
    inputs, errors = [], []
    for curve in curves:
        off = (curve.true - curve.centreline) / curve.edges.pen
        for columns, features in column_features(
            curve.edges, curve.centreline, is_bent=curve.is_bent
        ):
            inputs.append(features)
            errors.append(off[columns])
    limit = MAX_CORRECTION_PENS
    return np.concatenate(inputs), np.clip(np.concatenate(errors), -limit, limit)
