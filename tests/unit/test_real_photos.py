"""Phone photographs of printed PTB-XL pages: crumpled, folded, tilted, with known signals."""

from pathlib import Path

import numpy as np
import pytest

from heartsense.digitizer import digitize
from heartsense.images import open_page
from training.benchmark.fidelity import compare_signals
from training.sources.signals import read_record

# Floors a little under what was read when each was added (dB).
FLOORS = {"01027_hr": 15.5, "02694_hr": 15.0, "02794_hr": 17.0, "03156_hr": 15.0}


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("name", FLOORS)
def test_a_photograph_is_read(data_dir: Path, name: str) -> None:
    folder = data_dir / "real-photos"
    read = digitize(open_page((folder / f"{name}.jpg").read_bytes()).pixels)
    truth = read_record(folder / "signals" / name)
    assert read.layout == "3x4+1"
    assert (read.speed, read.gain) == (25.0, 10.0)
    assert 10 * np.log10(compare_signals(truth, read.ecg).ratio) > FLOORS[name]
    height, width = open_page((folder / f"{name}.jpg").read_bytes()).pixels.shape[:2]
    points = np.concatenate([trace.points for trace in read.traces])
    assert (points >= 0).all()
    assert (points <= [width, height]).all()
