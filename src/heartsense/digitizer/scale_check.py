"""Whether a scale can be right: a grid of 5 mm read as one of 1 mm makes time five times wrong."""

from typing import Final

from heartsense.digitizer.beat_evidence import beat_evidence
from heartsense.ecg import Digitized

RATES: Final = (22.0, 290.0)
"""Beats a minute that a heart reaches."""

AMPLITUDES_MV: Final = (0.12, 7.0)
MAX_WIDTH_SECONDS: Final = 0.3
"""A complex, smoothed as in ``beat_evidence``, is narrower."""

PAGE_SECONDS: Final = (2.0, 26.0)
"""Time that a page of twelve leads shows; most show ten seconds."""

MIN_CONTRADICTIONS: Final = 2
"""One sign alone may be the patient."""


def contradicts_scale(digitized: Digitized) -> bool:
    """Whether beats and layout together contradict the scale.

    A calibration pulse of a standard height confirms it: it was drawn by the same machine.
    """
    if digitized.gain_source == "pulse":
        return False
    beats = beat_evidence(digitized.ecg)
    signs = (
        beats.rate > 0 and not RATES[0] <= beats.rate <= RATES[1],
        not AMPLITUDES_MV[0] <= beats.amplitude <= AMPLITUDES_MV[1],
        beats.width > MAX_WIDTH_SECONDS,
        len(digitized.ecg.leads) > 1
        and not PAGE_SECONDS[0] <= digitized.ecg.duration <= PAGE_SECONDS[1],
    )
    return sum(signs) >= MIN_CONTRADICTIONS
