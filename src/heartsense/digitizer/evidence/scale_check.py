"""Whether a scale can be right: a grid of 5 mm read as one of 1 mm makes time five times wrong.

The same error makes leads five times too tall or too small: fast beats become small ones. So the
rate over the amplitude changes 25-fold, far more than from heart to heart.
"""

from typing import Final

from heartsense.digitizer.evidence.beats import beat_evidence
from heartsense.ecg import Digitized

TYPICAL_RATE: Final = 80.0
TYPICAL_AMPLITUDE_MV: Final = 1.1
RATIOS: Final = (0.17, 4.7)
"""Rate over amplitude, relative to the typical ones: 0.2 to 4.3 on 230 pages with the right scale.
Of their strips scaled five times wrong three in four are beyond it."""

MAX_WIDTH_SECONDS: Final = 0.25
"""A complex, smoothed as in ``beat_evidence``, is narrower: 0.16 at most on these pages."""

PAGE_SECONDS: Final = (2.3, 26.0)
"""Time that a page of twelve leads shows; most show ten seconds."""


def contradicts_scale(digitized: Digitized) -> bool:
    """Whether beats and layout contradict the scale.

    A calibration pulse of a standard height confirms it: it was drawn by the same machine.
    """
    if digitized.gain_source == "pulse":
        return False
    shortest, longest = PAGE_SECONDS
    if len(digitized.ecg.leads) > 1 and not shortest <= digitized.ecg.duration <= longest:
        return True
    return _is_implausible(digitized)


def _is_implausible(digitized: Digitized) -> bool:
    beats = beat_evidence(digitized.ecg)
    if beats.beats < 2 or beats.amplitude <= 0:
        return False
    ratio = (beats.rate / TYPICAL_RATE) / (beats.amplitude / TYPICAL_AMPLITUDE_MV)
    return not RATIOS[0] <= ratio <= RATIOS[1] or beats.width > MAX_WIDTH_SECONDS
