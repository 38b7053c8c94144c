"""The ensemble: three classifiers, a vote for each label, one calibrated probability.

A *branch* is one set of the three classifiers on one choice of features. The branch of shapes
reads nothing that depends on millivolts and was trained on every record, also on those whose
millivolts are lost; the branch of voltages reads everything. A member's score is its mean over
the branches that the record allows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.encoder import Encoder, Features, Projection
from heartsense.classifier.members import MEMBERS, MLARAM, SVM, Forests

Scores = NDArray[np.float64]

MAJORITY: Final = len(MEMBERS) // 2 + 1


@dataclass(frozen=True, slots=True)
class SubModel:
    """The three classifiers on one choice of features.

    ``needs`` are the signal features of which at least one must be known for the branch to
    speak; empty if it always does.
    """

    needs: NDArray[np.intp]
    encoder: Encoder
    forests: Forests
    mlaram: MLARAM
    svm: SVM

    def applies(self, features: Features) -> bool:
        """Whether the record holds what this branch is about."""
        return not self.needs.size or bool(np.isfinite(features.signal[self.needs]).any())

    def __call__(self, features: Features) -> Scores:
        """Scores of the members in the order of ``MEMBERS``, shape (3, labels)."""
        codes = self.encoder(features)
        return np.stack([self.forests(codes), self.mlaram(codes), self.svm(codes)])


@dataclass(frozen=True, slots=True)
class Calibration:
    """What scores mean, learned from records that the scoring classifiers had not seen.

    Attributes
    ----------
    weights : float64 array, shape (3, labels)
    bias : float64 array, shape (labels,)
        Logistic regression of each label on the members' scores.
    votes : float64 array, shape (3, labels)
        A member votes for a label when its score is above this.
    low, high : float64 arrays, shape (labels,)
        Probabilities between which a label is uncertain.
    """

    weights: Scores
    bias: Scores
    votes: Scores
    low: Scores
    high: Scores

    def probability(self, scores: Scores) -> Scores:
        """Calibrated probability of each label, shape (labels,)."""
        logit = (self.weights * link(scores)).sum(axis=0) + self.bias
        return np.asarray(1 / (1 + np.exp(-logit)))


def link(scores: Scores) -> Scores:
    """Members' scores, shape (3, ...), on scales on which a logistic regression can add them."""
    share = np.clip(scores[0], 0.005, 0.995)
    return np.stack([np.log(share / (1 - share)), scores[1], scores[2]])


@dataclass(frozen=True, slots=True)
class EnsembleOutput:
    """What the ensemble says of one record.

    ``scores`` float64 and ``votes`` bool have shape (3, labels), members in the order of
    ``MEMBERS``; ``probability`` float64, ``low`` and ``high`` (the band of uncertainty) shape
    (labels,).
    """

    scores: Scores
    votes: NDArray[np.bool_]
    probability: Scores
    low: Scores
    high: Scores

    @property
    def present(self) -> NDArray[np.bool_]:
        """Labels that the majority votes for and whose probability is clear of the band."""
        return self.majority & (self.probability >= self.high)

    @property
    def absent(self) -> NDArray[np.bool_]:
        """Labels that the majority votes against and whose probability is clear of the band."""
        return ~self.majority & (self.probability <= self.low)

    @property
    def majority(self) -> NDArray[np.bool_]:
        """Labels that at least two of the three members vote for."""
        votes: NDArray[np.bool_] = self.votes.sum(axis=0) >= MAJORITY
        return votes


@dataclass(frozen=True, slots=True)
class Ensemble:
    """The served ensemble: nothing but numpy arrays and builtins inside.

    It reads signal features by the names it was trained on, wherever they stand in the vector.

    ``measured`` names the signal features in their order; ``calibrations[n - 1]`` belongs to
    answers to which n branches contributed.
    """

    labels: tuple[str, ...]
    measured: tuple[str, ...]
    branches: tuple[SubModel, ...]
    calibrations: tuple[Calibration, ...]

    def scores(self, features: Features) -> tuple[Scores, int]:
        """Mean scores of the members, shape (3, labels), and how many branches gave them."""
        given = [branch(features) for branch in self.branches if branch.applies(features)]
        total = given[0]
        for scores in given[1:]:
            total = total + scores
        return total / len(given), len(given)

    def __call__(self, features: Features) -> EnsembleOutput:
        """The answer to one record; the same bits whatever else is asked before or after."""
        scores, branches = self.scores(features)
        calibration = self.calibrations[branches - 1]
        return EnsembleOutput(
            scores=scores,
            votes=scores > calibration.votes,
            probability=calibration.probability(scores),
            low=calibration.low,
            high=calibration.high,
        )

    def to_state(self) -> dict[str, Any]:
        """The ensemble as dicts, tuples, strings, numbers and arrays, for ``ensemble.pkl``."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: Mapping[str, Any], measured: Sequence[str]) -> "Ensemble":
        """The ensemble that ``to_state`` wrote, for signal features in the order of `measured`.

        KeyError or TypeError if the state is no ensemble's or one of its features is not measured.
        """
        place = {name: index for index, name in enumerate(measured)}
        moved = np.array([place[name] for name in state["measured"]], dtype=np.intp)
        branches = tuple(
            SubModel(
                needs=moved[branch["needs"]],
                encoder=_encoder(branch["encoder"], moved),
                forests=Forests(**branch["forests"]),
                mlaram=MLARAM(**branch["mlaram"]),
                svm=SVM(**branch["svm"]),
            )
            for branch in state["branches"]
        )
        calibrations = tuple(Calibration(**c) for c in state["calibrations"])
        return cls(tuple(state["labels"]), tuple(measured), branches, calibrations)


def _encoder(state: Mapping[str, Any], moved: NDArray[np.intp]) -> Encoder:
    return Encoder(
        views=Projection(**state["views"]),
        beats=Projection(**state["beats"]),
        beat_columns=moved[state["beat_columns"]],
        columns=moved[state["columns"]],
        low=state["low"],
        high=state["high"],
        fill=state["fill"],
    )
