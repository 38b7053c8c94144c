"""All stages of the digitizer in order.

1. ``ink.segmentation``: background correction and ink threshold.
2. ``grid``: pixels per millimetre and rotation from the grid;
   ``gridless_scale`` where the page has no grid.
3. ``rectified_page``: rotate, scale, remove the grid. Where paper is seen to be bent or tilted, or
   the result is inconsistent or none, ``photo_rectification`` (on ``grid_lattice``) follows the
   grid; along one that is dark, flat pages are straightened.
4. ``trace_extraction``: baselines, path following and centreline of every row, with the
   calibration pulse and the lead separators.
5. ``scale``: paper speed and gain from the printed legend, the calibration pulse or the layout.
6. ``page_layout``: which lead is drawn where; every layout with that number of rows is a
   hypothesis, and the most consistent one is the result.
7. ``quality``: Einthoven's and Goldberger's laws, rhythm strip agreement, completeness.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Final

import numpy as np

from heartsense.digitizer.grid import FAINT_CONTRAST, Grid
from heartsense.digitizer.gridless_scale import estimate_gridless_scale
from heartsense.digitizer.page_attempt import (
    MAX_INCONSISTENCY,
    SECOND_READING_INCONSISTENCY,
    Attempt,
    attempt_page,
    unless_clearly_better,
)
from heartsense.digitizer.prepared_picture import PreparedPicture
from heartsense.digitizer.quality import assess_quality
from heartsense.digitizer.rectified_page import (
    MAX_AREA_MM2,
    RectifiedPage,
    page_frame,
    rectify_page,
)
from heartsense.digitizer.standard_columns import PAGE_SECONDS
from heartsense.ecg import Digitized
from heartsense.errors import NoECGFoundError, NoScaleError
from heartsense.scale_warnings import assumed_scale

NO_ECG_MESSAGE: Final = "No ECG trace was found in this picture."

MIN_IMPROVEMENT: Final = 0.2
"""How much less inconsistent the result without the grid must be to replace the one with it, or a
flattened page that shows no bend to replace the flat reading."""

DOUBTFUL_INCONSISTENCY: Final = 0.25
"""Inconsistency from which a page is not only read as flat."""

SURE_INCONSISTENCY: Final = 0.05
"""Inconsistency below which a page read as a flat one is one. Drawn pages that
were tilted by 3 degrees had 0.14 at 2 dB; read along their grid they have 18 dB."""

BENT_MARGIN: Final = 0.05
"""How much less inconsistent a page must be once flattened to replace the flat reading, if that is
wrong or the page is bent."""

UNEVEN_ALLOWANCE: Final = 0.05
"""How much more inconsistent it may be where the grid that was followed is uneven: the flat reading
is wrong in time and voltage, which the laws hardly show."""

FAINT_MARGIN: Final = 0.05
"""How much less inconsistent a page must be without a grid that may be none."""

MIN_SHORT_ROW_CONTRAST: Final = 13.0
"""Contrast that a grid needs to scale a single short row, as that of a beat: its few lines may be
blocks or stripes. Of 38 broken pictures of 160 x 96 pixels that were read none reached 12.2; grids
round a beat that were measured right, also closely cut out, had 14 and more."""

MAX_BROKEN_GRID_ERROR: Final = 0.03
"""How far a page's duration by the pieces of a grid may be from ten seconds, relative: of few
pieces another multiple is taken for the pitch."""

MAX_LOST_SHARE: Final = 0.1
"""Of the duration, lost at the ends of rows that a scanner in black and white has broken."""

MAX_SCALE_CORRECTIONS: Final = 3
SURE_SCALE_ERROR: Final = 0.0004
"""Of the duration of a page without a grid, which is ten seconds: where its signal begins and ends
is only seen at nearly the right scale."""


def digitize_upright(picture: PreparedPicture) -> Digitized:
    """Digitize what looks like an ECG on an upright page.

    Returns
    -------
    Digitized
        The ECG in millivolts at 500 Hz, the traces on the page, scale and quality.

    Raises
    ------
    NoECGFoundError
        Nothing on the page is an ECG trace.
    NoScaleError
        There is a trace, but no grid, calibration pulse or layout to scale it by.
    """
    return _digitized(_best_attempt(picture, _Attempts(picture)))


class _Attempts:
    """The ways to read an upright page; those along a grid are tried when first asked for."""

    def __init__(self, picture: PreparedPicture) -> None:
        self._picture = picture

    @cached_property
    def flat(self) -> Attempt | None:
        """By the grid of a flat page; None if no grid or no trace is found."""
        picture = self._picture
        if picture.grid is None or picture.flat_page is None:
            return None
        if picture.is_turned and picture.is_flattened_first and picture.flattened is not None:
            return None  # bent paper that shows nothing along its grid, and none as a flat page
        if picture.grid.is_broken:
            attempt = attempt_page(picture.straightened_page or picture.flat_page, picture.grid)
            return attempt if attempt is not None and _confirms_scale(attempt) else None
        attempt = self._straightened(picture.flat_page, picture.grid)
        if attempt is None:
            return None
        is_faint = picture.grid.contrast < MIN_SHORT_ROW_CONTRAST
        return None if is_faint and attempt.is_short_row else attempt

    @cached_property
    def flattened_even_if_wrong(self) -> Attempt | None:
        """Along the grid of bent or tilted paper; None if no grid or no trace is found."""
        flattened = self._picture.flattened
        return None if flattened is None else attempt_page(*flattened)

    @property
    def flattened(self) -> Attempt | None:
        """The same, unless that is wrong."""
        attempt = self.flattened_even_if_wrong
        return attempt if attempt is None or attempt.inconsistency < MAX_INCONSISTENCY else None

    def gridless(self, *, required: bool) -> Attempt | None:
        """Without a grid; a missing scale is an error only if there is no other result."""
        try:
            scale = estimate_gridless_scale(self._picture.darkness)
        except NoScaleError:
            if required:
                raise
            return None
        if scale is None:
            return None
        attempt = self._without_grid(scale)
        for _ in range(MAX_SCALE_CORRECTIONS):
            if attempt is None or attempt.leads == 1 or attempt.inconsistency >= MAX_INCONSISTENCY:
                break
            correction = attempt.hypothesis.ecg.duration / PAGE_SECONDS
            if abs(correction - 1) < SURE_SCALE_ERROR:
                break
            pitch_x, pitch_y = scale.pitch_x * correction, scale.pitch_y * correction
            scale = replace(scale, pitch_x=pitch_x, pitch_y=pitch_y)
            corrected = self._without_grid(scale)
            if corrected is None or corrected.leads < attempt.leads:
                break
            attempt = corrected
        return attempt

    def _without_grid(self, scale: Grid) -> Attempt | None:
        """Without a grid at a scale; None if no trace is found."""
        frame = page_frame(self._picture.darkness, scale)
        if frame.area_mm2 > MAX_AREA_MM2:
            return None
        page = rectify_page(self._picture.darkness, frame, has_grid=False)
        return attempt_page(page, scale, has_grid=False)

    def _straightened(self, flat: RectifiedPage, grid: Grid) -> Attempt | None:
        """A flat page along its grid, where that is dark; None if no trace is found."""
        straightened = self._picture.straightened_page
        if straightened is None:
            return attempt_page(flat, grid)
        readings: list[Callable[[], Attempt | None]] = [
            lambda: attempt_page(straightened, grid),
            lambda: self.flattened,
        ]
        if self._picture.is_stretched:
            readings.reverse()
        best = None
        for read in readings:
            best = unless_clearly_better(best, read())
            if best is not None and best.leads == 1:  # too short to be stretched
                break
            if best is not None and best.inconsistency < SECOND_READING_INCONSISTENCY:
                return best
            if best is None and self._picture.is_turned and not self._picture.is_stretched:
                return None  # three in four turns show nothing
        if best is not None and best.inconsistency >= MAX_INCONSISTENCY:
            return best  # surely wrong with each line in its place: no better without
        unchanged = attempt_page(flat, grid)
        if best is not None and best.leads == 1:
            return unchanged or best
        return unless_clearly_better(best, unchanged)


def _best_attempt(picture: PreparedPicture, attempts: _Attempts) -> Attempt:
    """The first attempt that need not be doubted, or the least doubtful one."""
    if picture.is_flattened_first and attempts.flattened is not None:
        return _unless_more_leads(attempts.flattened, lambda: attempts.flat, MAX_INCONSISTENCY)
    flat = attempts.flat
    gridless = _without_faint_grid(picture, attempts)
    if gridless is not None:
        return gridless
    if flat is not None and not _is_doubtful(picture, flat):
        if not picture.is_bent or picture.is_flattened_first:
            return flat
        return _unless_more_leads(flat, lambda: attempts.flattened, DOUBTFUL_INCONSISTENCY)
    if not picture.is_flattened_first:
        flattened = _flattened_if_better(picture, attempts)
        if flattened is not None:
            return flattened
    if flat is not None and flat.inconsistency < MAX_INCONSISTENCY:
        return flat
    wrong = unless_clearly_better(flat, attempts.flattened_even_if_wrong)
    if picture.may_have_no_grid:
        gridless = attempts.gridless(required=wrong is None)
        limit = np.inf if wrong is None else wrong.inconsistency - MIN_IMPROVEMENT
        if flat is None:
            limit = max(limit, MAX_INCONSISTENCY)
        if gridless is not None and gridless.inconsistency < limit:
            return gridless
    if wrong is None:
        raise NoECGFoundError(NO_ECG_MESSAGE)
    return wrong


def _confirms_scale(attempt: Attempt) -> bool:
    """Whether the leads are lawful and fill the ten seconds of a page at the grid's scale.

    Where a pulse of a standard height confirms the scale too, the ends of broken rows may be lost.
    """
    error = attempt.hypothesis.ecg.duration / PAGE_SECONDS - 1
    has_pulse = attempt.hypothesis.scale.gain_source == "pulse"
    least = -MAX_LOST_SHARE if has_pulse else -MAX_BROKEN_GRID_ERROR
    is_page = least < error < MAX_BROKEN_GRID_ERROR
    return is_page and attempt.leads > 1 and attempt.inconsistency < DOUBTFUL_INCONSISTENCY


def _unless_more_leads(
    attempt: Attempt, read_otherwise: Callable[[], Attempt | None], limit: float
) -> Attempt:
    """The attempt, unless it is one row and the page read otherwise has consistent leads.

    No law can be checked in a strip: it may be one row of many, of which the grid was lost, or a
    line of the table that a page lies on.
    """
    if attempt.leads > 1:
        return attempt
    other = read_otherwise()
    if other is None or other.leads == 1 or other.inconsistency >= limit:
        return attempt
    return other


def _flattened_if_better(picture: PreparedPicture, attempts: _Attempts) -> Attempt | None:
    """The flattened page where it was not read well as a flat one; None unless that fits better.

    Where the flat page may be right and shows no bend, it must fit much better: flat paper suffers.
    Where the grid was followed and is uneven, the flat page is wrong in time and voltage.
    """
    flat, flattened = attempts.flat, attempts.flattened
    if flat is None or flattened is None:
        return flattened
    is_wrong = flat.inconsistency >= MAX_INCONSISTENCY
    margin = _flattening_margin(picture, is_wrong=is_wrong)
    if flattened.inconsistency >= flat.inconsistency - margin:
        return None
    loses_leads = flattened.leads == 1 < flat.leads  # no law can be checked in a strip
    return None if loses_leads and not is_wrong else flattened


def _without_faint_grid(picture: PreparedPicture, attempts: _Attempts) -> Attempt | None:
    """The page without a grid that may be names and traces; None unless that is surely better."""
    flat = attempts.flat
    is_faint = picture.grid is not None and picture.grid.contrast < FAINT_CONTRAST
    if flat is None or not is_faint or flat.inconsistency < SURE_INCONSISTENCY:
        return None
    if not picture.may_have_no_grid:
        return None
    gridless = attempts.gridless(required=False)
    limit = min(DOUBTFUL_INCONSISTENCY, flat.inconsistency - FAINT_MARGIN)
    if gridless is None or gridless.leads < flat.leads or gridless.inconsistency >= limit:
        return None
    return gridless


def _is_doubtful(picture: PreparedPicture, flat: Attempt) -> bool:
    """Whether what was read as a flat page may be none."""
    if flat.inconsistency >= DOUBTFUL_INCONSISTENCY:
        return True
    return flat.inconsistency >= SURE_INCONSISTENCY and picture.is_uneven


def _flattening_margin(picture: PreparedPicture, *, is_wrong: bool) -> float:
    """How much less inconsistent a flattened page must be; negative: how much more it may be."""
    if picture.is_uneven:
        return -UNEVEN_ALLOWANCE
    return BENT_MARGIN if is_wrong or picture.is_bent else MIN_IMPROVEMENT


def _digitized(attempt: Attempt) -> Digitized:
    hypothesis, grid, scale = attempt.hypothesis, attempt.grid, attempt.hypothesis.scale
    is_known = attempt.has_grid or scale.speed_source == "legend"
    speed_source = scale.speed_source if is_known else "layout"
    without_grid = () if attempt.has_grid else ("scale_without_grid",)
    return Digitized(
        ecg=hypothesis.ecg,
        layout=hypothesis.layout.name,
        traces=hypothesis.traces,
        quality=assess_quality(
            hypothesis.ecg,
            hypothesis.expected_coverage,
            hypothesis.rhythm_agreement,
            overlap=hypothesis.overlap,
            has_unknown_strip=hypothesis.has_unknown_strip,
        ),
        pitch=float(grid.pitch_x + grid.pitch_y) / 2 if attempt.has_grid else None,
        rotation=float(grid.rotation),
        speed=scale.speed,
        speed_source=speed_source,
        gain=scale.gain,
        gain_source=scale.gain_source,
        ink=hypothesis.ink,
        warnings=(*without_grid, *assumed_scale(speed_source, scale.gain_source)),
    )
