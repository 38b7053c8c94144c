"""What to do for a picture that can be read better: one thing, chosen by what failed."""

from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Advice:
    """The one thing to do before the next picture."""

    code: str = field(metadata={"description": "Stable, for example `move_closer`."})
    text: str = field(metadata={"description": "A sentence for people."})


_TEXTS: Final = {
    "flatten_page": "Lay the paper flat and smooth out its folds, then take the picture again.",
    "move_closer": "Move closer, or scan at a higher resolution: the lines are too small to read.",
    "hold_still": "Hold the camera still and wait until it has focused: the picture is blurred.",
    "avoid_shadow": "Avoid the shadow on the paper: turn it to the light, or move aside.",
    "add_light": "Take the picture in more light: it is too dark to read.",
    "show_whole_page": "Show the whole page: part of the tracing is cut off at the edge.",
    "turn_page": "Turn the picture: the tracing must run from left to right, its text upright.",
    "hold_square": "Hold the camera straight above the page: it was tilted.",
    "show_grid": "Use a picture that shows the millimetre grid or the calibration pulse.",
    "halve_gain": "Print the ECG at half the gain (5 mm/mV): its rows run through one another.",
    "show_ecg": "Use a sharp, upright picture of the whole tracing, taken straight from above.",
}

ADVICE: Final = {code: Advice(code, text) for code, text in _TEXTS.items()}
"""By code. A code never changes its meaning."""
