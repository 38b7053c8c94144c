"""Measurements against cardiologists' annotations on held-out records."""

from pathlib import Path

import pytest

from training.benchmark.measurements import score_ludb


@pytest.mark.slow
def test_ludb_annotations(data_dir: Path) -> None:
    scores = score_ludb(data_dir, range(1, 201, 2))
    assert scores["r_peaks"]["sensitivity"] > 0.985
    assert scores["r_peaks"]["positive_predictivity"] > 0.985
    assert abs(scores["qrs_ms"]["bias_ms"]) < 10
    assert scores["qrs_ms"]["sd_ms"] < 16
    assert abs(scores["qt_ms"]["bias_ms"]) < 12
    assert abs(scores["pr_ms"]["bias_ms"]) < 14
    assert scores["pr_ms"]["sd_ms"] < 15
