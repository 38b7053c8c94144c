"""Real 12-lead scans against heart rates counted by hand on the printed rhythm strip."""

from pathlib import Path

import pytest

from heartsense.digitizer import digitize
from heartsense.images import open_page
from heartsense.measurements import measure

COUNTED_RATES = {
    "HB-101": 158,
    "HB-102": 139,
    "HB-103": 134,
    "HB-104": 94,
    "HB-105": 110,
    "MI-101": 58,
    "MI-102": 74,
    "MI-103": 76,
    "MI-104": 75,
    "MI-105": 88,
    "Normal-101": 56,
    "Normal-102": 73,
    "Normal-103": 59,
    "Normal-104": 53,
    "Normal-105": 67,
}
"""Beats per minute: RR intervals on the strip over the time from first to last R peak."""


@pytest.mark.parametrize(("scan", "rate"), COUNTED_RATES.items())
def test_layout_and_heart_rate_of_a_real_scan(data_dir: Path, scan: str, rate: float) -> None:
    picture = data_dir / "photos" / f"khan-{scan}.jpg"
    read = digitize(open_page(picture.read_bytes()).pixels)
    assert read.layout == "3x4+1"
    assert read.gain_source == "pulse"
    assert read.quality.reasons == ()
    assert measure(read.ecg).heart_rate_bpm == pytest.approx(rate, abs=5)
