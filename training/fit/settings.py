"""Hyperparameters of the ensemble."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FitSettings:
    """Hyperparameters; the manifest records them under these names.

    Attributes
    ----------
    views, beats : int
        Principal components kept of the embedding and of the median beats.
    boosting_iterations, boosting_leaves, boosting_leaf : int
    boosting_rate, boosting_l2, boosting_features : float
        Gradient boosting of each label: trees, leaves of a tree, least records in a leaf;
        learning rate, L2 penalty, share of the features that a split may choose from.
    ludb_hypertrophy : float
        Weight of LUDB's records when hypertrophy is boosted; see ``label_weights``.
    vigilance, threshold : float
        MLARAM: tightness of its hyperrectangles, and which of them vote.
    mlaram_features : int
        Features that MLARAM reads: those with the greatest gain in the trees.
    svm_c, svm_gamma : float
        SVM: penalty, and gamma of the kernel in units of 12 / features.
    folds : int
        Folds, grouped by patient, for the out-of-fold scores of the calibration.
    cap : int
        Classes above this many records are undersampled.
    """

    views: int = 32
    beats: int = 40
    boosting_iterations: int = 200
    boosting_leaves: int = 8
    boosting_leaf: int = 15
    boosting_rate: float = 0.06
    boosting_l2: float = 5.0
    boosting_features: float = 0.1
    ludb_hypertrophy: float = 0.5
    vigilance: float = 0.9
    threshold: float = 0.2
    mlaram_features: int = 40
    svm_c: float = 1.0
    svm_gamma: float = 1.0
    folds: int = 4
    cap: int = 4000
    seed: int = 0
