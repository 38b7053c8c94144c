"""What is measured on one ECG."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measurements:
    """Measurements of one ECG; None where it does not show what is needed.

    Attributes
    ----------
    heart_rate_bpm : mean ventricular rate, 60 / mean RR interval in seconds.
    rr_spread_ms : standard deviation of the RR intervals of all beats.
    pr_ms : P onset to QRS onset; None where no P wave is found.
    qrs_ms : QRS onset to offset.
    qt_ms : QRS onset to T end.
    qtc_ms : QT corrected for rate after Fridericia, QT / (RR in seconds) ** (1 / 3).
    axis_deg : frontal QRS axis from the net QRS areas of I and aVF, -180 to 180.
    sokolow_lyon_mv : S in V1 plus the greater R of V5 and V6.
    cornell_mv : R in aVL plus S in V3.
    """

    heart_rate_bpm: float | None
    rr_spread_ms: float | None
    pr_ms: float | None
    qrs_ms: float | None
    qt_ms: float | None
    qtc_ms: float | None
    axis_deg: float | None
    sokolow_lyon_mv: float | None
    cornell_mv: float | None
