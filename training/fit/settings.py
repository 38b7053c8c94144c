"""Hyperparameters of the ensemble."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FitSettings:
    """Hyperparameters; the manifest records them under these names.

    Attributes
    ----------
    views, beats : int
        Principal components kept of the embedding and of the median beats.
    trees, leaf : int
        Trees per label in binary relevance, and least records in a leaf.
    vigilance, threshold : float
        MLARAM: tightness of its hyperrectangles, and which of them vote.
    mlaram_features : int
        Features that MLARAM reads: the most important ones of the trees.
    svm_c, svm_gamma : float
        SVM: penalty, and gamma of the kernel in units of 12 / features.
    folds : int
        Folds, grouped by patient, for the out-of-fold scores of the calibration.
    close_share : float
        Out-of-fold records in the band of uncertainty, as a fraction of the label's positives.
    cap : int
        Classes above this many records are undersampled.
    """

    views: int = 32
    beats: int = 40
    trees: int = 100
    leaf: int = 3
    vigilance: float = 0.9
    threshold: float = 0.2
    mlaram_features: int = 40
    svm_c: float = 1.0
    svm_gamma: float = 1.0
    folds: int = 4
    close_share: float = 0.25
    cap: int = 4000
    seed: int = 0
