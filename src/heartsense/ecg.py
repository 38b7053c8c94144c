"""The ECG itself: leads in millivolts over seconds."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

LEADS: Final = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
"""The twelve standard leads in their standard order."""

STRIP: Final = "strip"
"""The name of a lead whose name the picture does not show (a single strip or beat)."""


@dataclass(frozen=True, slots=True)
class ECG:
    """Leads in millivolts on one common time axis.

    Attributes
    ----------
    signal : float32 array, shape (samples, leads)
        Millivolts; NaN where the source shows nothing of that lead at that time.
        A 3x4 page shows 2.5 s of most leads: the rest of their columns is NaN.
    rate : float
        Samples a second (Hz).
    leads : tuple of str
        The columns' names: ``LEADS``, or ``(STRIP,)`` for one unnamed lead.
    """

    signal: NDArray[np.float32]
    rate: float
    leads: tuple[str, ...] = LEADS

    @property
    def duration(self) -> float:
        """Length of the common time axis in seconds."""
        return len(self.signal) / self.rate

    def lead(self, name: str) -> NDArray[np.float32]:
        """One lead in mV, shape (samples,); a view, not a copy. KeyError if absent."""
        try:
            return self.signal[:, self.leads.index(name)]
        except ValueError:
            raise KeyError(name) from None

    def coverage(self) -> dict[str, float]:
        """Share of the time axis, 0 to 1, that the source shows of each lead."""
        shown = np.isfinite(self.signal).mean(axis=0)
        return dict(zip(self.leads, (float(s) for s in shown), strict=True))


@dataclass(frozen=True, slots=True)
class Trace:
    """Where one drawn stretch of a lead lies on the page.

    ``points`` are page pixels of the picture as handed in (before straightening),
    float32, shape (n, 2), columns x and y, x increasing along time.
    ``start`` and ``end`` are the seconds on the ECG's time axis of the first and last point.
    """

    lead: str
    points: NDArray[np.float32]
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Quality:
    """How far what was read can be trusted; no label is needed to tell.

    ``einthoven_residual`` and ``goldberger_residual`` are the root mean square of
    I + III - II and aVR + aVL + aVF over the root mean square of the leads in them
    (0 is perfect, 1 is noise), ``rhythm_agreement`` the correlation of the rhythm strip
    with its lead. None where the page does not show what is needed.
    ``reasons`` are stable codes of what is wrong, empty when nothing is.
    """

    score: float
    einthoven_residual: float | None
    goldberger_residual: float | None
    rhythm_agreement: float | None
    coverage: dict[str, float]
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Digitized:
    """What the digitizer read off one page.

    ``layout`` is one of ``3x4``, ``3x4+1``, ``3x4+2``, ``3x4+3``, ``6x2``, ``6x2+1``, ``12x1``,
    ``strip``, ``beat``. ``pitch`` is pixels a millimetre on the straightened page, or None
    where the page shows no grid. ``speed`` is mm/s, ``gain`` mm/mV; their sources are ``legend``,
    ``pulse``, ``layout`` or ``standard``. ``rotation`` is degrees the page was turned,
    counter-clockwise positive.
    """

    ecg: ECG
    layout: str
    traces: tuple[Trace, ...]
    quality: Quality
    pitch: float | None
    rotation: float
    speed: float
    speed_source: str
    gain: float
    gain_source: str
    warnings: tuple[str, ...] = field(default=())
