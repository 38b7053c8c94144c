"""An ECG written to disk is the ECG that other programs read back."""

import csv
from pathlib import Path

import numpy as np
import pytest
import wfdb
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import floats

from heartsense.ecg import ECG, LEADS, STRIP

RATE = 500.0


def ecg() -> ECG:
    """Ten seconds of twelve leads; lead I is shown for the first 2.5 s only."""
    time = np.arange(5000) / RATE
    signal = np.outer(np.sin(2 * np.pi * time), np.linspace(-2, 2, 12)).astype(np.float32)
    signal[1250:, 0] = np.nan
    return ECG(signal, RATE)


def test_csv(tmp_path: Path) -> None:
    ecg().to_csv(tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as stream:
        header, *rows = csv.reader(stream)
    assert header == ["time_s", *LEADS]
    assert len(rows) == 5000
    assert [float(rows[index][0]) for index in (0, 1, 4999)] == [0.0, 0.002, 9.998]
    assert rows[1249][1] != ""
    assert {row[1] for row in rows[1250:]} == {""}
    read = np.array([[float(cell) for cell in row[2:]] for row in rows])
    assert np.abs(read - ecg().signal[:, 1:]).max() < 1e-4


def test_wfdb(tmp_path: Path) -> None:
    ecg().to_wfdb(tmp_path / "new" / "rec-1")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["rec-1.dat", "rec-1.hea"]
    record = wfdb.rdrecord(str(tmp_path / "new" / "rec-1"))
    assert record.sig_name == list(LEADS)
    assert record.fs == RATE
    assert (set(record.units), set(record.adc_gain), set(record.fmt)) == ({"mV"}, {1000.0}, {"16"})
    expected = ecg().signal
    assert np.array_equal(np.isnan(record.p_signal), np.isnan(expected))
    assert np.nanmax(np.abs(record.p_signal - expected)) <= 0.0005 + 1e-6


@given(arrays(np.float32, (20, 1), elements=floats(-100, 100, width=32) | st.just(np.nan)))
def test_wfdb_clips_but_never_invents_a_gap(
    tmp_path_factory: pytest.TempPathFactory, signal: np.ndarray
) -> None:
    record = tmp_path_factory.mktemp("wfdb") / "strip"
    ECG(signal, 250.0, (STRIP,)).to_wfdb(record)
    read = wfdb.rdrecord(str(record)).p_signal
    assert np.array_equal(np.isnan(read), np.isnan(signal))
    assert np.allclose(read, np.clip(signal, -32.767, 32.767), atol=0.00051, equal_nan=True)
