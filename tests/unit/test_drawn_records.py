"""Drawn pages of real records that are clear to every reader."""

from pathlib import Path

import numpy as np
import pytest

from heartsense.digitizer import digitize
from heartsense.ecg import ECG
from training.benchmark.fidelity import compare_signals
from training.render import Distortion, PageSpec, render_page
from training.sources import read_ludb


def record(data: Path, number: int) -> ECG:
    (found,) = (r for r in read_ludb(data) if r.id == f"ludb/data/{number}")
    return found.read()


def test_blocks_of_jpeg_are_no_grid(data_dir: Path) -> None:
    spec = PageSpec(
        layout="3x4+1",
        px_per_mm=5.614,
        grid="none",
        legend="none",
        ink=(41, 46, 58),
        distortion=Distortion(jpeg=82),
    )
    drawn = render_page(record(data_dir, 155), spec)
    read = digitize(drawn.pixels)
    assert read.pitch is None
    assert "scale_without_grid" in read.warnings
    assert read.gain == pytest.approx(10.0, abs=0.3)
    assert 10 * np.log10(compare_signals(drawn.ecg, read.ecg).ratio) > 7.0


def test_one_row_of_many_is_no_strip(data_dir: Path) -> None:
    """A grid that can be followed through the first row only."""
    spec = PageSpec(
        layout="3x4",
        px_per_mm=8.7018820699758,
        paper=(249, 247, 251),
        fine=(224, 212, 219),
        grid_on="plot",
        grid_px=(1.2075644298292232, 2.159987981485867),
        ink_px=3.567048084040616,
        header_mm=19.27890973601545,
        row_mm=35.214454948304194,
        distortion=Distortion(
            rotation=0.37356527422018426, blur=0.30347330722929405, noise=4.810178960007475
        ),
        seed=2097411659,
    )
    drawn = render_page(record(data_dir, 126), spec)
    read = digitize(drawn.pixels)
    assert read.layout == "3x4"
    assert 10 * np.log10(compare_signals(drawn.ecg, read.ecg).ratio) > 15.0
