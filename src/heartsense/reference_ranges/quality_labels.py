"""The quality of an image in a word."""

from typing import Final, Literal

QualityLabel = Literal["good", "fair", "poor"]

GOOD_QUALITY: Final = 0.80
"""Quality score from which an image was easy to read."""

FAIR_QUALITY: Final = 0.45
"""Quality score from which an image was readable at all; below it no finding is certain."""


def quality_label(score: float) -> QualityLabel:
    """A quality score in a word, the same in every output.

    Parameters
    ----------
    score
        `Quality.score`, from 0 to 1.

    Examples
    --------
    >>> quality_label(0.93)
    'good'
    """
    if score >= GOOD_QUALITY:
        return "good"
    return "fair" if score >= FAIR_QUALITY else "poor"
