"""Classes above a cap are undersampled at random (the original's rule: 4000)."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

CAP: Final = 4000


@dataclass(frozen=True, slots=True)
class Balance:
    """Which rows stay, and how many each class had before and after.

    ``kept`` bool, shape (n,); ``before`` and ``after`` int, shape (labels,).
    """

    kept: NDArray[np.bool_]
    before: NDArray[np.intp]
    after: NDArray[np.intp]


def balance(labels: NDArray[np.bool_], cap: int = CAP, seed: int = 0) -> Balance:
    """Undersample classes until none has more than `cap` records.

    Classes are taken from the largest down. A record leaves only if every class it belongs to is
    above the cap at that time, so that no rare class pays for a frequent one; a class may stay
    above the cap when all its surplus records also carry rarer labels.

    Parameters
    ----------
    labels : bool array, shape (n, labels)
    cap : int
        Records a class may keep. ValueError if below 1.
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
