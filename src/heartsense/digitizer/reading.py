"""Read a picture, whichever way up it is, or refuse it: the digitizer's front door.

1. The picture is digitized as it is (``digitization``, on ``prepared_picture``), or its negative
   where that has dark ink on light paper (``ink.negative``).
2. ``evidence`` says whether that is an ECG, and whether it may be turned. If either
   is in doubt, it is turned by right angles, and the best answer counts.
3. ``evidence.scale_check`` refuses a scale at which the beats could be none.
4. ``retake_advice`` says what to do for a better picture.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.digitizer.digitization import NO_ECG_MESSAGE, digitize_upright
from heartsense.digitizer.evidence.ecg import ecg_evidence, leads_agreement, shows_single_beat
from heartsense.digitizer.evidence.orientation import (
    has_grid,
    rotation_before_turn,
    t_wave_asymmetry,
)
from heartsense.digitizer.evidence.scale_check import contradicts_scale
from heartsense.digitizer.ink.negative import without_negative
from heartsense.digitizer.prepared_picture import PreparedPicture, TurnedPicture
from heartsense.digitizer.retake_advice import advice_for_refusal, advice_for_result
from heartsense.ecg import Digitized
from heartsense.errors import DigitizerError, NoECGFoundError, ScaleContradictedError

SCALE_MESSAGE: Final = (
    "The grid does not fit the beats: at its scale they would be far too fast or too slow, too "
    "tall or too small. Some of its lines may be lost."
)

MIN_CONTRAST: Final = 12
"""Grey levels of 255 between paper and trace, or the picture is blank."""

CERTAIN_AGREEMENT: Final = 0.5
"""Agreement of twelve leads with the laws that an upside-down page does not reach."""

MIN_ROWS_AGREEMENT: Final = 0.4
"""The same that rows have: what is read across those of a page on its side reaches less."""

CERTAIN_ASYMMETRY: Final = 0.3
ASYMMETRY_WEIGHT: Final = 2.0
MAX_ASYMMETRY: Final = 1.0
MIN_TURNED_EVIDENCE: Final = 2.5
"""Evidence that a turned picture needs where the picture as it is shows no ECG: of four looks at a
chart one may resemble an ECG by chance; turned pages have more than 4."""

LAWFUL_AGREEMENT: Final = 0.7
MIN_LAWFUL_EVIDENCE: Final = 1.0
LAWFUL_STRIP: Final = 0.95
"""The same of leads that obey the laws so well as no chart does by chance, or less well, but their
rhythm strips repeat them with this correlation."""

MIN_MARGIN: Final = 1.0
"""How much more must speak for a turned picture than for the picture as it is."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was read at one orientation, or why nothing was."""

    quarters: int
    digitized: Digitized | None
    error: DigitizerError | None
    evidence: float = -np.inf
    asymmetry: float = 0.0

    @property
    def shows_no_rows(self) -> bool:
        """Whether nothing was found that could be a row of trace."""
        return isinstance(self.error, NoECGFoundError)

    @property
    def is_certain(self) -> bool:
        """Whether it is an ECG and the right way up."""
        if self.digitized is None or self.evidence < 0:
            return False
        read = self.digitized
        marked = "legend" in (read.speed_source, read.gain_source) or read.gain_source == "pulse"
        lawful = leads_agreement(read.quality) > CERTAIN_AGREEMENT
        return lawful or (marked and self.asymmetry > 0) or self.asymmetry > CERTAIN_ASYMMETRY

    @property
    def score(self) -> float:
        limited = float(np.clip(self.asymmetry, -MAX_ASYMMETRY, MAX_ASYMMETRY))
        return self.evidence + ASYMMETRY_WEIGHT * limited


def digitize(pixels: NDArray[np.uint8]) -> Digitized:
    """Digitize the ECG on a page, whichever way up it is.

    Parameters
    ----------
    pixels : uint8 array, shape (height, width, 3)
        RGB, as ``heartsense.images.open_page`` returns them.

    Returns
    -------
    Digitized
        The ECG in millivolts at 500 Hz, the traces on the page, scale, quality and advice.

    Raises
    ------
    NoECGFoundError
        Nothing on the page is an ECG trace.
    NoScaleError
        There is a trace, but no grid, calibration pulse or layout to scale it by.
    ScaleContradictedError
        At the scale of the grid, the trace would be no heart's.
    """
    if np.ptp(pixels) < MIN_CONTRAST:
        blank = PreparedPicture(pixels)
        raise NoECGFoundError(NO_ECG_MESSAGE, advice_for_refusal(blank, None))
    picture = PreparedPicture(without_negative(pixels))
    first, best = _first_and_best(picture)
    if best.digitized is None or best.evidence < 0:
        if isinstance(first.error, NoECGFoundError) or first.error is None:
            raise NoECGFoundError(NO_ECG_MESSAGE, advice_for_refusal(picture, first.digitized))
        raise first.error
    if contradicts_scale(best.digitized):
        raise ScaleContradictedError(SCALE_MESSAGE, advice_for_refusal(picture, best.digitized))
    rotation = rotation_before_turn(best.digitized.rotation, best.quarters)
    read = replace(best.digitized, rotation=rotation)
    return replace(read, advice=advice_for_result(picture, read))


def _first_and_best(picture: PreparedPicture) -> tuple[_Reading, _Reading]:
    """The picture as it is, and the best of all orientations that are worth a look."""
    if picture.lies_on_its_side:
        unread = _Reading(0, None, NoECGFoundError(NO_ECG_MESSAGE))
        best = _best_turn(picture, unread, (1, 3))
        if best.digitized is not None:
            return unread, best
    first = _read(picture, 0)
    if first.is_certain:
        return first, first
    turns = () if picture.lies_on_its_side else _turns_to_try(picture, first)
    return first, _best_turn(picture, first, turns)


def _best_turn(picture: PreparedPicture, first: _Reading, turns: tuple[int, ...]) -> _Reading:
    """The best of these orientations; the picture as it is, where no other is clearly better."""
    best = first
    without_rows = {first.quarters} if first.shows_no_rows else set()
    if turns:
        picture.release()
    for quarters in turns:
        if (quarters + 2) % 4 in without_rows:
            continue  # what shows none one way up shows none upside down
        other = _read(TurnedPicture(picture, quarters), quarters)
        if other.shows_no_rows:
            without_rows.add(quarters)
        margin = MIN_MARGIN if best is first and first.evidence >= 0 else 0.0
        needed = 0.0 if first.evidence >= 0 else _needed_evidence(other)
        if other.evidence >= needed and other.score > best.score + margin:
            best = other
        if best.is_certain:
            break
    return best


def _needed_evidence(turned_reading: _Reading) -> float:
    """What a turned picture needs where the picture as it is shows no ECG."""
    if turned_reading.digitized is None:
        return MIN_TURNED_EVIDENCE
    quality = turned_reading.digitized.quality
    has_strip = (quality.rhythm_agreement or 0.0) > LAWFUL_STRIP
    least = CERTAIN_AGREEMENT if has_strip else LAWFUL_AGREEMENT
    return MIN_LAWFUL_EVIDENCE if leads_agreement(quality) > least else MIN_TURNED_EVIDENCE


def _turns_to_try(picture: PreparedPicture, first: _Reading) -> tuple[int, ...]:
    turns = _possible_turns(picture, first)
    return (2,) if 1 in turns and picture.rows_lie_level else turns


def _possible_turns(picture: PreparedPicture, first: _Reading) -> tuple[int, ...]:
    read = first.digitized
    has_leads = read is not None and len(read.ecg.leads) > 1
    if first.evidence >= 0:
        if has_leads and not _has_rows(first) and picture.may_be_sideways:
            return (1, 3, 2)
        is_alone = read is not None and shows_single_beat(read)
        return () if is_alone else (2,)  # one beat does not tell which way up it is
    if picture.may_be_sideways:
        return (1, 3, 2)
    if _has_rows(first):
        return (2,)
    if has_grid(picture.pixels):
        return (1, 3, 2)
    return (2,) if has_leads else ()


def _has_rows(reading: _Reading) -> bool:
    """Whether rows of several leads were read that agree at all: sideways there are none."""
    return reading.digitized is not None and (
        leads_agreement(reading.digitized.quality) > MIN_ROWS_AGREEMENT
    )


def _read(picture: PreparedPicture, quarters: int) -> _Reading:
    try:
        digitized = digitize_upright(picture)
    except DigitizerError as error:
        # Its traceback would keep the maps of this orientation in memory while the next is read.
        return _Reading(quarters, None, error.with_traceback(None))
    evidence = ecg_evidence(digitized)
    return _Reading(quarters, digitized, None, evidence, t_wave_asymmetry(digitized.ecg))
