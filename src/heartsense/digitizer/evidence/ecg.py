"""Whether what was digitized is an ECG at all, and not a chart, a text or a seismogram.

Signs are weighed as in a logistic regression. The weights were fitted on 224 drawn pictures without
an ECG (``training/refusal``, seeds 100 to 107) and on 228 pages with one: photographs, scans, and
rendered pages of PTB-XL, LUDB and MIT-BIH. No sign decides alone: atrial fibrillation, premature
beats and pauses differ from beat to beat, and a strip of one lead obeys no law. How alike and how
even beats are was then only asked of neighbours that are most alike: 39 of 45 strips of frequent
early beats that had been refused are read, and none more of 112 pictures of seeds 100 to 103.
"""

from typing import Final

import numpy as np

from heartsense.digitizer.evidence.beats import BeatEvidence, beat_evidence
from heartsense.ecg import Digitized, Quality

BIAS: Final = -4.1
REST_WEIGHT: Final = -2.5
"""Of the root of the slope between complexes, relative to theirs."""

SIMILARITY_WEIGHT: Final = 3.2
EVENNESS_WEIGHT: Final = 2.6
PULSE_WEIGHT: Final = 2.7
LEGEND_WEIGHT: Final = 2.5

MAX_INK_BESIDE_BEAT: Final = 0.15
"""Nothing but a pulse stands beside a single beat: 14 drawn ones without one had no ink there."""

MISSED_INK_WEIGHT: Final = -8.0
MAX_MISSED_INK: Final = 0.4
"""Share of the ink that no trace follows above which each bit more speaks for a chart: candles,
bars, a curve that was followed in part. Text leaves up to 0.43 on a page without a printed scale;
more text comes with a scale or a pulse, which outweigh it. Chosen on 284 pages with an ECG and 395
drawn pictures without one (seeds 100 to 107, and charts and recordings of 2700 to 2724)."""

MAX_MISSED_OF_NETWORK: Final = 0.2
"""The same of a single row that the ink network saw, which sees no text: of 40 drawn strips and
beats that were read right it missed 0.36 at most, with much that speaks for them; of a bar chart
and of names taken for a row 0.67 and more."""

FLAT_TOPS_WEIGHT: Final = -4.0
MAX_FLAT_SECONDS: Final = 0.12
"""Waves that stay so long at one height are pulses: those of a logger were 0.17 s long. Of
4,691 leads 99 in a hundred had 0.02 at most; the one above 0.12 had jumps of the baseline."""

LAWS_WEIGHT: Final = 3.2
MIN_LAWS: Final = 0.4
"""Agreement with the laws of the leads, 1 less the residual, that chance reaches."""

CONTRADICTION_WEIGHT: Final = -1.5
MAX_CONTRADICTION: Final = 0.1
"""Less agreement than this speaks against twelve leads."""

MAX_STRIP_CONTRADICTION: Final = 0.2
"""The same of a rhythm strip with the lead that it is most like, where the laws agree by chance."""

FAST_WEIGHT: Final = -0.8
MAX_RATE: Final = 200.0
RATE_STEP: Final = 50.0
"""Complexes a minute above which each step more speaks against a heart."""

AMPLITUDE_WEIGHT: Final = -1.3
TYPICAL_AMPLITUDE_MV: Final = 1.1
MAX_AMPLITUDE_RATIO: Final = 4.0
"""Up to this many times larger or smaller leads are common."""

SINGLE_BEAT_WEIGHT: Final = 5.6
MAX_SINGLE_BEAT_REST: Final = 0.25
MAX_SINGLE_BEAT_SECONDS: Final = 1.5
MAX_SINGLE_BEAT_COMPLEXES: Final = 2
"""A picture of one beat has nothing to compare it with, but rests before and after it. A wide beat
rests less, and its T wave may be as steep. Of 84 drawn pictures without an ECG none came near."""

MAX_BEAT_BLOCK_MM: Final = 4.5
"""Longest stretch of tall ink in a beat: of 28 drawn ones 3.5 at most; 5.9 at a rectangle's edge.
"""


def ecg_evidence(digitized: Digitized) -> float:
    """How much speaks for an ECG, as a logarithm of odds: below 0 it is none."""
    beats = beat_evidence(digitized.ecg)
    single = len(digitized.ecg.leads) == 1
    agreement = leads_agreement(digitized.quality)
    return (
        BIAS
        + _beat_signs(beats)
        + SINGLE_BEAT_WEIGHT * _is_single_beat(digitized, beats)
        + LAWS_WEIGHT * max(agreement - MIN_LAWS, 0.0)
        + CONTRADICTION_WEIGHT * (not single and _contradict(digitized.quality))
        + PULSE_WEIGHT * (digitized.gain_source == "pulse")
        + LEGEND_WEIGHT * ("legend" in (digitized.speed_source, digitized.gain_source))
        + MISSED_INK_WEIGHT * _missed_ink(digitized)
        + FLAT_TOPS_WEIGHT * (beats.flat_seconds > MAX_FLAT_SECONDS)
    )


def shows_single_beat(digitized: Digitized) -> bool:
    """Whether the picture shows one beat of one lead, with rest before and after it."""
    return _is_single_beat(digitized, beat_evidence(digitized.ecg))


def leads_agreement(quality: Quality) -> float:
    """1 less the mean residual of the laws, 0 to 1; 0 where no law can be checked."""
    residuals = [
        min(residual, 1.0)
        for residual in (quality.einthoven_residual, quality.goldberger_residual)
        if residual is not None
    ]
    return 1.0 - float(np.mean(residuals)) if residuals else 0.0


def _contradict(quality: Quality) -> bool:
    """Whether leads contradict each other more than those that are read badly do."""
    agreement, of_strip = leads_agreement(quality), quality.rhythm_agreement
    is_strip_unlike = of_strip is not None and of_strip < MAX_STRIP_CONTRADICTION
    return agreement < MAX_CONTRADICTION or (agreement < MIN_LAWS and is_strip_unlike)


def _beat_signs(beats: BeatEvidence) -> float:
    amplitude = max(beats.amplitude, 1e-3) / TYPICAL_AMPLITUDE_MV
    unusual = max(abs(float(np.log(amplitude))) - float(np.log(MAX_AMPLITUDE_RATIO)), 0.0)
    return (
        REST_WEIGHT * float(np.sqrt(min(beats.rest, 1.0)))
        + SIMILARITY_WEIGHT * max(beats.similarity, 0.0)
        + EVENNESS_WEIGHT * beats.evenness
        + FAST_WEIGHT * max(beats.rate - MAX_RATE, 0.0) / RATE_STEP
        + AMPLITUDE_WEIGHT * unusual
    )


def _missed_ink(digitized: Digitized) -> float:
    """How much more ink no trace follows than text explains."""
    is_strip_of_network = digitized.ink.by_network and len(digitized.ecg.leads) == 1
    limit = MAX_MISSED_OF_NETWORK if is_strip_of_network else MAX_MISSED_INK
    return max(digitized.ink.missed - limit, 0.0)


def _is_single_beat(digitized: Digitized, beats: BeatEvidence) -> bool:
    return (
        len(digitized.ecg.leads) == 1
        and digitized.ecg.duration < MAX_SINGLE_BEAT_SECONDS
        and 1 <= beats.beats <= MAX_SINGLE_BEAT_COMPLEXES
        and beats.rest < MAX_SINGLE_BEAT_REST
        and digitized.ink.longest_block_mm < MAX_BEAT_BLOCK_MM
        and (digitized.gain_source == "pulse" or digitized.ink.beside < MAX_INK_BESIDE_BEAT)
    )
