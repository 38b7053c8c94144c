"""Everything that can be set when the ensemble is trained, in one place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a fit.

    Attributes
    ----------
    views, beats : int
        Principal components kept of the embedding and of the median beats.
    trees, leaf : int
        Trees a label in Binary Relevance, and the fewest records in a leaf.
    vigilance, threshold : float
        MLARAM: how tight its boxes are, and which of them vote.
    mlaram_features : int
        How many features MLARAM reads: those that the trees use most.
    svm_c, svm_gamma : float
        SVM: penalty, and kernel width in units of 12 / features.
    folds : int
        Folds, grouped by patient, whose held-out scores the calibration learns from.
    close_share : float
        The band of uncertainty holds this many of the held-out records, as a share of the
        label's positives.
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
