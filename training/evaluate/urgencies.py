"""How often each urgency is asked for, in normal ECGs and in those that need a doctor."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, get_args

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.decision import NORMAL, decide
from heartsense.classifier.ensemble import EnsembleOutput
from heartsense.classifier.members import MEMBERS
from heartsense.conditions import CONDITION_IDS
from heartsense.urgency import Urgency, urgency_of
from training.evaluate.cross_validation import Predictions
from training.fit.tiers import Scored
from training.sources.record import INFARCTION

URGENCIES: Final[tuple[Urgency, ...]] = get_args(Urgency)
MOST_ALARMS: Final = 0.02
"""Greatest share of normal ECGs that may get an emergency banner."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class UrgencyShares:
    """The share of each urgency among the ECGs of one group and source."""

    group: str
    source: str
    records: int
    shares: Mapping[Urgency, float]


def urgencies(scored: Scored, predictions: Predictions) -> list[UrgencyShares]:
    """The urgency of every ECG as a screen would show it, counted by what is true.

    Parameters
    ----------
    scored : Scored
        Its labels and sources.
    predictions : Predictions
        Of the same records, held out.
    """
    asked = np.array([_urgency(predictions, row) for row in range(len(scored.labels))])
    normal = scored.labels[:, CONDITION_IDS.index(NORMAL)]
    infarction = scored.labels[:, CONDITION_IDS.index(INFARCTION)]
    groups = {
        "normal": normal,
        "heart attack": infarction,
        "other changes": ~normal & ~infarction,
    }
    sources = {"pooled": np.ones(len(asked), np.bool_)}
    sources |= {str(name): scored.source == name for name in np.unique(scored.source)}
    return [
        _shares(group, source, asked[rows & of_source])
        for group, rows in groups.items()
        for source, of_source in sources.items()
    ]


def _urgency(predictions: Predictions, row: int) -> Urgency:
    """By the rules that are served; the votes are the majority's, which is all these rules read."""
    output = EnsembleOutput(
        scores=np.zeros((len(MEMBERS), len(CONDITION_IDS))),
        votes=np.tile(predictions.predicted[row], (len(MEMBERS), 1)),
        probability=predictions.probability[row],
        tier=predictions.tier[row],
    )
    return urgency_of({finding.id: finding.status for finding in decide(output)})


def _shares(group: str, source: str, asked: NDArray[np.str_]) -> UrgencyShares:
    counts = Counter(asked.tolist())
    shares = {name: counts[name] / max(len(asked), 1) for name in URGENCIES}
    return UrgencyShares(group, source, len(asked), shares)
