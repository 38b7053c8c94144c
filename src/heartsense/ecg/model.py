"""The ECG itself: leads in millivolts over seconds."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray

from heartsense.advice import Advice
from heartsense.ecg import export
from heartsense.ecg.plot import plot
from heartsense.files import write_file

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

LEADS: Final = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
"""The twelve standard leads in their standard order."""

STRIP: Final = "strip"
"""The name of a lead whose name the picture does not show (a single strip or beat)."""


@dataclass(frozen=True, slots=True, eq=False)
class ECG:
    """Leads in millivolts on one common time axis.

    As an array, ``np.asarray(ecg)``, it has a row a lead: shape (leads, samples), 12 x n for a
    standard ECG. ``signal`` has a column a lead, as WFDB, CSV and pandas have.

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

    def __repr__(self) -> str:
        names = f"{len(self.leads)} leads" if len(self.leads) > 1 else "1 lead"
        return f"<ECG: {names}, {self.duration:.2f} s at {self.rate:g} Hz>"

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.signal.T, dtype=dtype, copy=copy)

    @property
    def shape(self) -> tuple[int, int]:
        """Leads and samples: the shape of the ECG as an array."""
        return self.signal.shape[1], self.signal.shape[0]

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
        by_lead = np.ascontiguousarray(np.isfinite(self.signal).T)  # counts in long loops
        shown = [np.count_nonzero(lead) / max(len(self.signal), 1) for lead in by_lead]
        return dict(zip(self.leads, shown, strict=True))

    @overload
    def to_csv(self, path: None = None) -> str: ...
    @overload
    def to_csv(self, path: str | os.PathLike[str]) -> None: ...
    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """The leads as CSV: ``time_s``, then a column of mV a lead, empty where nothing is shown.

        Parameters
        ----------
        path : str or path, optional
            The file to write, whole or not at all; without it the text is returned.

        Raises
        ------
        FileUnwritableError
        """
        text = export.to_csv(self.signal, self.rate, self.leads)
        if path is None:
            return text
        write_file(Path(path), text.encode())
        return None

    def to_wfdb(self, path: str | os.PathLike[str]) -> None:
        """Write a WFDB record, ``path.hea`` and ``path.dat``: 16 bits, 1000 units a millivolt.

        Voltages beyond 32.767 mV are clipped.

        Parameters
        ----------
        path : str or path
            The record's name, without an ending, and the folder it goes to.

        Raises
        ------
        ImportError
            If wfdb is not installed.
        ValueError
            If the name has other characters than letters, digits, - and _.
        FileUnwritableError
        """
        export.write_wfdb(self.signal, self.rate, self.leads, Path(path))

    def to_dataframe(self) -> "pd.DataFrame":
        """The leads as a pandas table: mV, a column a lead, over an index ``time_s``.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        return export.to_dataframe(self.signal, self.rate, self.leads)

    def plot(self, axes: "Axes | None" = None) -> "Axes":
        """Draw the leads on standard ECG paper: 25 mm/s, 10 mm/mV, a grid of 1 and 5 mm.

        Twelve leads are laid out 3x4 with a rhythm strip below, 2.5 s a column on 10 s; a single
        lead is one strip.

        Parameters
        ----------
        axes : matplotlib Axes, optional
            Where to draw; by default on a new pyplot figure, in true size.

        Returns
        -------
        matplotlib Axes
            Its units are millimetres of paper; ``axes.figure.savefig(...)`` writes it.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        return plot(self.signal, self.rate, self.leads, axes)


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
    ``reasons`` are stable codes of what is wrong, empty when nothing is. ``rows_overlap`` tells
    that complexes of neighbouring rows run through one another: some may be in the wrong lead.
    """

    score: float
    einthoven_residual: float | None
    goldberger_residual: float | None
    rhythm_agreement: float | None
    coverage: dict[str, float]
    reasons: tuple[str, ...] = ()
    rows_overlap: bool = False


@dataclass(frozen=True, slots=True)
class PageInk:
    """What the ink of a page says about whether its traces are those of an ECG.

    Attributes
    ----------
    missed : float
        Share of the ink that no trace follows, 0 to 1: that of text, and of what is no ECG.
    beside : float
        Of a single row: share of the ink at its height that lies before or after it, 0 to 1.
    longest_block_mm : float
        Of a single row: longest stretch along which its ink is much taller than the pen; more than
        a complex is the edge of something filled.
    by_network : bool
        Whether this is only the ink that the ink network takes for a trace, without text.
    """

    missed: float = 0.0
    beside: float = 0.0
    longest_block_mm: float = 0.0
    by_network: bool = False


@dataclass(frozen=True, slots=True)
class Digitized:
    """What the digitizer read off one page.

    ``layout`` is one of ``3x4``, ``3x4+1``, ``3x4+2``, ``3x4+3``, ``6x2``, ``6x2+1``, ``6x1``
    (limb leads only), ``limb_leads`` (those of a page in another layout), ``12x1``, ``strip``,
    ``beat``. ``pitch`` is pixels a millimetre on the
    straightened page, or None where the page shows no grid. ``speed`` is mm/s, ``gain`` mm/mV;
    their sources are ``legend``, ``pulse``, ``layout`` or ``standard``. ``rotation`` is degrees the
    page was turned, counter-clockwise positive. ``warnings`` are codes of ``SCALE_WARNINGS`` in
    ``heartsense.scale_warnings``. ``advice`` is what to do for a better picture, or None where it
    was read well. ``ink`` is what the page's ink says beside the traces.
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
    advice: Advice | None = None
    ink: PageInk = field(default_factory=PageInk)
