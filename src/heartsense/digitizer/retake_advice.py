"""The one thing to do for a better picture, chosen by what is farthest from good."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.advice import ADVICE, Advice
from heartsense.digitizer.page_condition import brightness, edge_width, paper_shape
from heartsense.digitizer.prepared_picture import PreparedPicture
from heartsense.ecg import Digitized
from heartsense.reference_ranges import FAIR_QUALITY, GOOD_QUALITY

MIN_PITCH: Final = 3.0
"""Pixels a millimetre below which lines run together."""

MIN_SIDE: Final = 800
"""Pixels of the longer side, where no grid tells the size of a millimetre."""

MAX_EDGE_PX: Final = 3.2
MAX_EDGE_MM: Final = 0.5
"""A sharp edge rises within so many pixels; on a fine scan within so many millimetres."""

MIN_BRIGHTNESS: Final = 0.35
MIN_BOX_PX: Final = 48
MIN_EVENNESS: Final = 0.4
"""Darkest over brightest paper, both at the edge of their outliers."""

MAX_BEND_MM: Final = 0.7
MAX_TILT: Final = 1.5
MAX_ROTATION: Final = 12.0
EDGE_SHARE: Final = 0.012
"""A trace that ends so near the picture's edge, as a share of its width, is cut off."""

MIN_PAGE_SECONDS: Final = 8.5


def advice_for_refusal(picture: PreparedPicture, digitized: Digitized | None) -> Advice:
    """Advice for a picture that was refused.

    Parameters
    ----------
    picture : PreparedPicture
    digitized : Digitized or None
        What was read before it was refused.
    """
    code = _worst_fault(picture, digitized)
    return ADVICE[code or "show_ecg"]


def advice_for_result(picture: PreparedPicture, digitized: Digitized) -> Advice | None:
    """Advice for a picture that was read; None where it was read well.

    A picture of fair quality has advice only if something is clearly wrong with it.
    """
    quality = digitized.quality
    if quality.score >= GOOD_QUALITY and not quality.reasons:
        return None
    code = _worst_fault(picture, digitized)
    if code is None and quality.rows_overlap:
        code = "halve_gain"
    if code is None and (quality.reasons or quality.score < FAIR_QUALITY):
        code = "flatten_page" if digitized.pitch is not None else "show_grid"
    return None if code is None else ADVICE[code]


def _worst_fault(picture: PreparedPicture, digitized: Digitized | None) -> str | None:
    """Code of the fault that exceeds its limit most; None where none does."""
    pixels = picture.pixels
    faults = {**_resolution_faults(pixels, digitized), **_light_faults(pixels, digitized)}
    if digitized is not None and _is_cut(pixels, digitized):
        faults["show_whole_page"] = 2.0
    if max(faults.values()) < 1.0:
        shape = paper_shape(picture.reduced.lattice)
        if shape is not None:
            faults["flatten_page"] = shape.bend_mm / MAX_BEND_MM
            faults["turn_page"] = abs(shape.rotation) / MAX_ROTATION
            faults["hold_square"] = (shape.tilt - 1) / (MAX_TILT - 1)
    worst = max(faults, key=lambda code: faults[code])
    return worst if faults[worst] >= 1.0 else None


def _resolution_faults(pixels: NDArray[np.uint8], digitized: Digitized | None) -> dict[str, float]:
    pitch = None if digitized is None else digitized.pitch
    small = MIN_PITCH / pitch if pitch is not None else MIN_SIDE / max(pixels.shape[:2])
    edge = edge_width(pixels)
    blurred = edge / MAX_EDGE_PX
    if pitch is not None and small < 1.0:
        blurred = min(blurred, edge / pitch / MAX_EDGE_MM)
    return {"move_closer": small, "hold_still": blurred}


def _light_faults(pixels: NDArray[np.uint8], digitized: Digitized | None) -> dict[str, float]:
    """Faults of the light where the traces are; without them, in the whole picture."""
    if digitized is not None:
        points = np.concatenate([trace.points for trace in digitized.traces])
        (left, top), (right, bottom) = np.nanmin(points, axis=0), np.nanmax(points, axis=0)
        box = pixels[max(int(top), 0) : int(bottom) + 1, max(int(left), 0) : int(right) + 1]
        pixels = box if min(box.shape[:2]) > MIN_BOX_PX else pixels
    light = brightness(pixels)
    dark, bright = np.percentile(light, [5, 95])
    return {
        "add_light": MIN_BRIGHTNESS / max(float(bright), 0.01),
        "avoid_shadow": MIN_EVENNESS / max(float(dark / max(bright, 0.01)), 0.01),
    }


def _is_cut(pixels: NDArray[np.uint8], digitized: Digitized) -> bool:
    """Whether rows of a page of several leads run into the picture's edge too early."""
    if len(digitized.ecg.leads) == 1 or digitized.ecg.duration >= MIN_PAGE_SECONDS:
        return False
    width = pixels.shape[1]
    points = np.concatenate([trace.points for trace in digitized.traces])
    left, right = np.nanmin(points[:, 0]), np.nanmax(points[:, 0])
    return bool(left < EDGE_SHARE * width or right > (1 - EDGE_SHARE) * width)
