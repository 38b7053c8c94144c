"""Signal fidelity: the digitized signal against the true one."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg import ECG

COMPARISON_RATE: Final = 500.0
MAX_LAG_S: Final = 0.2

Lead = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fidelity:
    """Sums over all leads of one page, in mV squared, each lead aligned separately.

    Attributes
    ----------
    signal : float
        Energy of the true signal about its mean.
    noise : float
        Energy of the error.
    read : float
        Energy of the digitized signal about its mean.
    product : float
        Inner product of the digitized and the true signal.
    samples : int
        Number of true samples.
    """

    signal: float = 0.0
    noise: float = 0.0
    read: float = 0.0
    product: float = 0.0
    samples: int = 0

    def __add__(self, other: "Fidelity") -> "Fidelity":
        return Fidelity(
            self.signal + other.signal,
            self.noise + other.noise,
            self.read + other.read,
            self.product + other.product,
            self.samples + other.samples,
        )

    @property
    def ratio(self) -> float:
        """Signal power over noise power."""
        return self.signal / max(self.noise, 1e-12)

    @property
    def pearson(self) -> float:
        """Correlation of the digitized and the true signal; 0 if nothing was read."""
        return self.product / max(math.sqrt(self.signal * self.read), 1e-12)

    @property
    def rmse(self) -> float:
        """Root mean square error in mV."""
        return math.sqrt(self.noise / max(self.samples, 1))


def compare_signals(truth: ECG, read: ECG | None) -> Fidelity:
    """Compare lead by lead.

    A lead is aligned by the best lag within 0.2 s and by the mean error. Samples that the page
    shows and that were not read count as a flat line: their error is the signal itself. So a
    refused page (``read`` is None) has a ratio of 1.

    Parameters
    ----------
    truth : ECG
        What the page shows; NaN elsewhere. A single lead is compared to the most complete lead.
    read : ECG or None
        What the digitizer returned; None if it refused the page.
    """
    total = Fidelity()
    for name in truth.leads:
        drawn = _at_rate(truth.lead(name), truth.rate)
        if np.isfinite(drawn).any():
            found = None if read is None else _counterpart(name, truth, read)
            total = total + _compare_lead(drawn, found)
    return total


def _counterpart(name: str, truth: ECG, read: ECG) -> Lead | None:
    if len(truth.leads) == 1:
        coverage = read.coverage()
        name = max(coverage, key=coverage.__getitem__)
    return _at_rate(read.lead(name), read.rate) if name in read.leads else None


def _at_rate(lead: NDArray[np.float32], rate: float) -> Lead:
    """A lead at 500 Hz, interpolated linearly, as the page draws it."""
    mv = lead.astype(np.float64)
    if rate == COMPARISON_RATE or not len(mv):
        return mv
    t = np.arange(round(len(mv) * COMPARISON_RATE / rate)) / COMPARISON_RATE
    # NaN on either side gives NaN between, as no line is drawn there.
    resampled: Lead = np.interp(t, np.arange(len(mv)) / rate, mv, right=np.nan)
    return resampled


def _compare_lead(drawn: Lead, read: Lead | None) -> Fidelity:
    shown = np.flatnonzero(np.isfinite(drawn))
    centred = drawn[shown] - drawn[shown].mean()
    signal = float(centred @ centred)
    flat = Fidelity(signal=signal, noise=signal, samples=len(shown))
    if read is None or not np.isfinite(read).any():
        return flat
    reach = round(MAX_LAG_S * COMPARISON_RATE)
    end = len(drawn) + reach
    padded = np.full(reach + end, np.nan)
    padded[reach : reach + min(len(read), end)] = read[:end]
    at_lags = (padded[shown + reach + lag] for lag in range(-reach, reach + 1))
    return min((_aligned(drawn[shown], centred, e) for e in at_lags), key=lambda f: f.noise)


def _aligned(drawn: Lead, centred: Lead, read: Lead) -> Fidelity:
    """One lag: the error about its mean, and the signal itself where nothing was read."""
    known = np.isfinite(read)
    signal = float(centred @ centred)
    if not known.any():
        return Fidelity(signal=signal, noise=signal, samples=len(drawn))
    error = read[known] - drawn[known]
    error = error - error.mean()
    lost = centred[~known]
    guess = np.zeros_like(centred)
    guess[known] = centred[known] + error
    return Fidelity(
        signal=signal,
        noise=float(error @ error + lost @ lost),
        read=float(guess @ guess),
        product=float(guess @ centred),
        samples=len(drawn),
    )
