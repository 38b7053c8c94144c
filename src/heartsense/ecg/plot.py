"""Leads drawn on standard ECG paper with matplotlib: 25 mm/s, 10 mm/mV, a grid of 1 and 5 mm."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg.optional import optional

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Signal = NDArray[np.float32]
"""Millivolts, shape (samples, leads); NaN where there is no value."""

SPEED: Final = 25.0  # mm/s
GAIN: Final = 10.0  # mm/mV

_ROWS: Final = (
    ("I", "aVR", "V1", "V4"),
    ("II", "aVL", "V2", "V5"),
    ("III", "aVF", "V3", "V6"),
)
_ROW_HEIGHT: Final = 30.0  # mm
_MARGIN: Final = 10.0  # mm; left of the leads it holds the calibration pulse
_MM_PER_INCH: Final = 25.4
_THIN, _THICK, _INK = "#f7d5d5", "#e9a3a3", "#1a1a1a"


def plot(signal: Signal, rate: float, leads: Sequence[str], axes: "Axes | None" = None) -> "Axes":
    """Draw leads to scale.

    Twelve leads are laid out 3x4 with a rhythm strip below, each lead with the part of the time
    axis that its column stands for; any other leads have a row each.

    Parameters
    ----------
    axes : matplotlib Axes, optional
        Where to draw; by default on a new figure, in true size.

    Returns
    -------
    matplotlib Axes
        Its units are millimetres of paper.
    """
    columns = dict(zip(leads, signal.T, strict=True))
    rows = _rows(columns)
    width = 2 * _MARGIN + SPEED * len(signal) / rate
    height = 2 * _MARGIN + _ROW_HEIGHT * len(rows)
    axes = _paper(width, height, axes)
    for number, row in enumerate(rows):
        baseline = height - _MARGIN - _ROW_HEIGHT * (number + 0.5)
        _draw_pulse(axes, baseline)
        for place, lead in enumerate(row):
            _draw_lead(axes, lead, columns[lead], rate, (place, len(row)), baseline)
    axes.text(_MARGIN, 2, f"{SPEED:g} mm/s  {GAIN:g} mm/mV", fontsize=8, color=_INK)
    return axes


def _rows(columns: dict[str, Signal]) -> tuple[tuple[str, ...], ...]:
    """Leads row by row; the rhythm strip repeats the lead that is shown longest, II if it is."""
    if not set(sum(_ROWS, ())) <= set(columns):
        return tuple((lead,) for lead in columns)
    shown = {lead: int(np.isfinite(values).sum()) for lead, values in columns.items()}
    longest = max(columns, key=lambda lead: (shown[lead], lead == "II"))
    return (*_ROWS, (longest,))


def _paper(width: float, height: float, axes: "Axes | None") -> "Axes":
    """Axes in millimetres with the grid drawn on them."""
    if axes is None:
        with optional("matplotlib", "Plotting an ECG"):
            import matplotlib.pyplot as plt
        size = (width / _MM_PER_INCH, height / _MM_PER_INCH)
        axes = plt.figure(figsize=size).add_axes((0.0, 0.0, 1.0, 1.0))
    for step, colour, line in ((1, _THIN, 0.4), (5, _THICK, 0.6)):
        axes.vlines(np.arange(0, width + 1e-6, step), 0, height, colors=colour, linewidth=line)
        axes.hlines(np.arange(0, height + 1e-6, step), 0, width, colors=colour, linewidth=line)
    axes.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    axes.set_axis_off()
    return axes


def _draw_pulse(axes: "Axes", baseline: float) -> None:
    """One millivolt for 0.2 s."""
    x = np.array([2, 3, 3, 8, 8, 9], dtype=float)
    y = baseline + GAIN * np.array([0, 0, 1, 1, 0, 0])
    axes.plot(x, y, color=_INK, linewidth=0.8)


def _draw_lead(
    axes: "Axes",
    lead: str,
    values: Signal,
    rate: float,
    place: tuple[int, int],
    baseline: float,
) -> None:
    """Draw the part of one lead that its column, `place` of how many, stands for."""
    column, columns = place
    length = len(values) // columns
    start = column * length
    if not np.isfinite(values[start : start + length]).any() and np.isfinite(values).any():
        start = min(int(np.isfinite(values).argmax()), len(values) - length)
    part = values[start : start + length]
    left = _MARGIN + SPEED * column * length / rate
    x = left + SPEED * np.arange(len(part)) / rate
    axes.plot(x, baseline + GAIN * part, color=_INK, linewidth=0.8)
    axes.text(left + 1, baseline + 0.35 * _ROW_HEIGHT, lead, fontsize=9, color=_INK)
