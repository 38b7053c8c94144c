"""Real 12-lead scans: heart rates counted by hand, and prints whose signal is known."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from heartsense.digitizer import digitize
from heartsense.images import open_page
from heartsense.measurements import measure
from training.benchmark.fidelity import compare_signals
from training.benchmark.real.pictures import read_truth

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


# Floors a little under what was read when each was added (dB).
FLOORS = {"90036": ("01612_lr", 16.5), "90037": ("02132_lr", 16.5), "90060": ("21544_lr", 19.5)}


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("scan", FLOORS)
def test_a_scanned_print_is_read(data_dir: Path, scan: str) -> None:
    folder = data_dir / "real-scans"
    record, floor = FLOORS[scan]
    read = digitize(open_page((folder / f"{scan}.webp").read_bytes()).pixels)
    truth = read_truth(folder / "signals" / record).ecg
    assert read.layout == "3x4+1"
    assert 10 * np.log10(compare_signals(truth, read.ecg).ratio) > floor


def black_and_white(pixels: NDArray[np.uint8], threshold: float) -> NDArray[np.uint8]:
    """What a scanner set to black and white makes of a page: much of the grid is lost."""
    grey = Image.fromarray(pixels).convert("L")
    small = grey.reduce(8).filter(ImageFilter.MaxFilter(9)).filter(ImageFilter.GaussianBlur(6))
    paper = np.asarray(small.resize(grey.size), np.float64)
    is_white = np.asarray(grey, np.float64) > threshold * paper
    return np.repeat(np.where(is_white, 255, 0).astype(np.uint8)[:, :, None], 3, axis=2)


# At the last two much of the trace is lost too: rows are in pieces, and hardly any grid is left.
BLACK_AND_WHITE = [
    *((scan, threshold, 9.0) for scan in FLOORS for threshold in (0.6, 0.75)),
    ("90037", 0.46, 8.5),
    ("90060", 0.5, 10.0),
]


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(("scan", "threshold", "floor"), BLACK_AND_WHITE)
def test_a_scanned_print_in_black_and_white_is_read(
    data_dir: Path, scan: str, threshold: float, floor: float
) -> None:
    folder = data_dir / "real-scans"
    pixels = open_page((folder / f"{scan}.webp").read_bytes()).pixels
    read = digitize(black_and_white(pixels, threshold))
    truth = read_truth(folder / "signals" / FLOORS[scan][0]).ecg
    assert read.layout == "3x4+1"
    assert 10 * np.log10(compare_signals(truth, read.ecg).ratio) > floor


@pytest.mark.data
@pytest.mark.slow
def test_bold_lines_hardly_darker_than_fine_ones_are_followed(data_dir: Path) -> None:
    """A photograph from the web: no tile of it tells 5 mm from other multiples of 1 mm."""
    picture = data_dir / "real-scans" / "90013.webp"
    read = digitize(open_page(picture.read_bytes()).pixels)
    assert read.layout == "3x4+1"
    assert read.quality.reasons == ()
    assert read.quality.rhythm_agreement is not None
    assert read.quality.rhythm_agreement > 0.97
    assert measure(read.ecg).heart_rate_bpm == pytest.approx(78, abs=4)


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("page", ["ecg00025", "ecg00027", "ecg00037", "ecg00039", "ecg00043"])
def test_leads_of_a_page_from_the_web_obey_the_laws(data_dir: Path, page: str) -> None:
    """Names over QRS complexes; in the first the picture cuts off the last column."""
    picture = data_dir / "photos" / f"{page}.jpg"
    quality = digitize(open_page(picture.read_bytes()).pixels).quality
    assert quality.einthoven_residual is not None
    assert quality.goldberger_residual is not None
    assert max(quality.einthoven_residual, quality.goldberger_residual) < 0.2
