"""The ensemble: three classifiers, a vote per label, one calibrated probability.

There are two *sub-models*, each with its own three classifiers. The shape sub-model reads no
feature that depends on millivolts and is trained on every record, including those without
millivolts; the voltage sub-model reads all features. A classifier's score is its mean over the
sub-models that apply to the record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.encoder import Encoder, Features, Projection
from heartsense.classifier.members import MEMBERS, MLARAM, SVM, BoostedTrees, Codes

Scores = NDArray[np.float64]
Labels = Sequence[int] | None

MAJORITY: Final = len(MEMBERS) // 2 + 1


@dataclass(frozen=True, slots=True)
class SubModel:
    """The three classifiers on one choice of features.

    ``needs`` are the indices of the signal features of which at least one must be known for the
    sub-model to apply; empty if it always applies.
    """

    needs: NDArray[np.intp]
    encoder: Encoder
    boosting: BoostedTrees
    mlaram: MLARAM
    svm: SVM

    def applies(self, features: Features) -> bool:
        """Whether the record has one of the features that this sub-model needs."""
        return not self.needs.size or bool(np.isfinite(features.signal[self.needs]).any())

    def __call__(self, features: Features) -> Scores:
        """Scores in the order of ``MEMBERS``, shape (3, labels)."""
        scores: Scores = self.scores(self.encoder(features)[None])[0]
        return scores

    def scores(self, codes: Codes, labels: Labels = None) -> Scores:
        """Scores of rows of codes, shape (rows, 3, labels), of all labels or only of some."""
        members = (self.boosting, self.mlaram, self.svm)
        return np.stack([member(codes, labels) for member in members], axis=1)


def mean_scores(
    submodels: Sequence[SubModel], codes: Sequence[Codes], labels: Labels = None
) -> Scores:
    """Mean scores of rows of codes, those of each sub-model, shape (rows, 3, labels)."""
    total = submodels[0].scores(codes[0], labels)
    for submodel, of_submodel in zip(submodels[1:], codes[1:], strict=True):
        total = total + submodel.scores(of_submodel, labels)
    return total / len(submodels)


@dataclass(frozen=True, slots=True)
class TierMeans:
    """How many of the training ECGs with this status had the condition.

    Attributes
    ----------
    share : float
        Of all of them, 0 to 1.
    records : int
        How many they were.
    sources : mapping of str to (float, int)
        The same for each source of the records.
    """

    share: float
    records: int
    sources: Mapping[str, tuple[float, int]]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Probabilities and decisions from scores, learned from out-of-fold scores.

    Attributes
    ----------
    weights : float64 array, shape (3, labels)
    bias : float64 array, shape (labels,)
        Logistic regression of each label on the three scores (Platt scaling of three scores at
        once), and its intercept.
    votes : float64 array, shape (3, labels)
        A classifier votes for a label when its score is above this threshold.
    likely, possible : float64 arrays, shape (labels,)
        Least probabilities of these tiers.
    tier_means : tuple of mapping of str to TierMeans
        For each label, by tier; measured on patients that the tiers were not learned from.
    """

    weights: Scores
    bias: Scores
    votes: Scores
    likely: Scores
    possible: Scores
    tier_means: tuple[Mapping[str, TierMeans], ...]

    def probability(self, scores: Scores, labels: Labels = None) -> Scores:
        """Calibrated probability of each label, or of those of the scores, shape (..., labels)."""
        weights, bias = self.weights, self.bias
        if labels is not None:
            weights, bias = weights[:, labels], bias[labels]
        logit = (weights * scores).sum(axis=-2) + bias
        return np.asarray(1 / (1 + np.exp(-logit)))


TIERS: Final = ("unlikely", "possible", "likely")


def tiers(
    probability: Scores, majority: NDArray[np.bool_], likely: Scores, possible: Scores
) -> NDArray[np.intp]:
    """Indices into ``TIERS``, shape (..., labels): a likely label also needs a majority."""
    at_least = (probability >= np.minimum(possible, likely)).astype(np.intp)
    return at_least + ((probability >= likely) & majority)


@dataclass(frozen=True, slots=True)
class EnsembleOutput:
    """Scores, votes, probabilities and tiers of one record.

    Attributes
    ----------
    scores : float64 array, shape (3, labels)
        In the order of ``MEMBERS``.
    votes : bool array, shape (3, labels)
    probability : float64 array, shape (labels,)
    tier : int array, shape (labels,)
        Indices into ``TIERS``.
    tier_means : tuple of mapping of str to TierMeans
        As in ``Calibration``.
    """

    scores: Scores
    votes: NDArray[np.bool_]
    probability: Scores
    tier: NDArray[np.intp]
    tier_means: tuple[Mapping[str, TierMeans], ...] = ()

    @property
    def majority(self) -> NDArray[np.bool_]:
        """Labels that at least two of the three classifiers vote for, shape (labels,)."""
        return majority_of(self.votes)


def majority_of(votes: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether most of the classifiers vote for each label; votes have shape (..., 3, labels)."""
    majority: NDArray[np.bool_] = votes.sum(axis=-2) >= MAJORITY
    return majority


@dataclass(frozen=True, slots=True)
class Ensemble:
    """The served ensemble: numpy arrays and builtins only.

    Attributes
    ----------
    labels : tuple of str
    feature_names : tuple of str
        Names of the signal features, in their order.
    submodels : tuple of SubModel
    calibrations : tuple of Calibration
        ``calibrations[n - 1]`` applies to scores of n sub-models.
    """

    labels: tuple[str, ...]
    feature_names: tuple[str, ...]
    submodels: tuple[SubModel, ...]
    calibrations: tuple[Calibration, ...]

    def scores(self, features: Features) -> tuple[Scores, int]:
        """Mean scores, shape (3, labels), and the number of sub-models that they come from."""
        applying = self.applying(features)
        scores = mean_scores(applying, [s.encoder(features)[None] for s in applying])
        return scores[0], len(applying)

    def applying(self, features: Features) -> tuple[SubModel, ...]:
        """The sub-models that have the features they need."""
        return tuple(submodel for submodel in self.submodels if submodel.applies(features))

    def probabilities(
        self, applying: Sequence[SubModel], codes: Sequence[Codes], labels: Labels = None
    ) -> Scores:
        """Probabilities of rows of codes, shape (rows, labels).

        Parameters
        ----------
        applying : sequence of SubModel
            Those that apply to all rows.
        codes : sequence of uint8 arrays, shape (rows, codes)
            The rows of each of them.
        labels : sequence of int, optional
            Only these labels.
        """
        scores = mean_scores(applying, codes, labels)
        return self.calibrations[len(applying) - 1].probability(scores, labels)

    def __call__(self, features: Features) -> EnsembleOutput:
        """Classify one record; the result does not depend on other calls."""
        return self.judge(*self.scores(features))

    def judge(self, scores: Scores, count: int) -> EnsembleOutput:
        """Votes, probabilities and tiers that follow from the mean scores of `count` sub-models."""
        calibration = self.calibrations[count - 1]
        votes = scores > calibration.votes
        probability = calibration.probability(scores)
        return EnsembleOutput(
            scores=scores,
            votes=votes,
            probability=probability,
            tier=tiers(probability, majority_of(votes), calibration.likely, calibration.possible),
            tier_means=calibration.tier_means,
        )

    def to_state(self) -> dict[str, Any]:
        """The ensemble as dicts, tuples, strings, numbers and arrays, for ``ensemble.pkl``."""
        state = asdict(self)
        return {
            "labels": state["labels"],
            "measured": state["feature_names"],
            "branches": state["submodels"],
            "calibrations": state["calibrations"],
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any], feature_names: Sequence[str]) -> "Ensemble":
        """Restore the ensemble that ``to_state`` wrote.

        Parameters
        ----------
        state : mapping
        feature_names : sequence of str
            Names of the signal features that it will be given, in their order.

        Raises
        ------
        KeyError, TypeError
            If the state is not an ensemble's, or needs a feature that is not among the names.
        """
        position = {name: index for index, name in enumerate(feature_names)}
        columns = np.array([position[name] for name in state["measured"]], dtype=np.intp)
        submodels = tuple(
            SubModel(
                needs=columns[submodel["needs"]],
                encoder=_encoder(submodel["encoder"], columns),
                boosting=BoostedTrees(**submodel["boosting"]),
                mlaram=MLARAM(**submodel["mlaram"]),
                svm=SVM(**submodel["svm"]),
            )
            for submodel in state["branches"]
        )
        calibrations = tuple(_calibration(c) for c in state["calibrations"])
        return cls(tuple(state["labels"]), tuple(feature_names), submodels, calibrations)


def _calibration(state: Mapping[str, Any]) -> Calibration:
    means = tuple(
        {tier: TierMeans(**measured) for tier, measured in label.items()}
        for label in state["tier_means"]
    )
    return Calibration(**{**state, "tier_means": means})


def _encoder(state: Mapping[str, Any], columns: NDArray[np.intp]) -> Encoder:
    return Encoder(
        views=Projection(**state["views"]),
        beats=Projection(**state["beats"]),
        beat_columns=columns[state["beat_columns"]],
        columns=columns[state["columns"]],
        low=state["low"],
        high=state["high"],
        fill=state["fill"],
    )
