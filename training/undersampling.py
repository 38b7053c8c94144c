"""Random undersampling of classes above a cap (4000 in the original method)."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

CAP: Final = 4000


@dataclass(frozen=True, slots=True)
class Balance:
    """Which rows are kept, and the size of each class before and after.

    ``kept`` bool, shape (n,); ``before`` and ``after`` int, shape (labels,).
    """

    kept: NDArray[np.bool_]
    before: NDArray[np.intp]
    after: NDArray[np.intp]


def undersample(labels: NDArray[np.bool_], cap: int = CAP, seed: int = 0) -> Balance:
    """Undersample classes at random until none has more than `cap` records.

    Classes are processed from the largest down. A record is dropped only if every class it belongs
    to is above the cap at that time, so rare classes lose nothing; a class may stay above the cap
    when its surplus records also have rarer labels.

    Parameters
    ----------
    labels : bool array, shape (n, labels)
    cap : int
        Records that a class may keep.
    seed : int

    Raises
    ------
    ValueError
        If `cap` is below 1.
    """
    if cap < 1:
        raise ValueError(f"cap must be at least 1, got {cap}")
    rng = np.random.default_rng(seed)
    kept = np.ones(len(labels), dtype=np.bool_)
    before = labels.sum(axis=0)
    for label in np.argsort(-before, kind="stable"):
        for row in rng.permutation(np.flatnonzero(labels[:, label] & kept)):
            count = labels[kept].sum(axis=0)
            if count[label] <= cap:
                break
            if (count[labels[row]] > cap).all():
                kept[row] = False
    return Balance(kept, before, labels[kept].sum(axis=0))
