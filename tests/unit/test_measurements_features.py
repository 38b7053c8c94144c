"""The feature vector: complete, and shape features are independent of gain."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsense.ecg import ECG, STRIP
from heartsense.measurements import FEATURE_GROUPS, FEATURE_NAMES, signal_features
from training.simulate import simulate

SHAPE = np.array(FEATURE_GROUPS) == "shape"


def test_names_are_unique_and_grouped() -> None:
    assert len(FEATURE_NAMES) == len(set(FEATURE_NAMES)) == len(FEATURE_GROUPS)
    assert set(FEATURE_GROUPS) == {"shape", "voltage"}


def test_a_whole_ecg_has_every_feature() -> None:
    vector = signal_features(simulate(70))
    assert vector.dtype == np.float32
    assert vector.shape == (len(FEATURE_NAMES),)
    missing = [n for n, v in zip(FEATURE_NAMES, vector, strict=True) if not np.isfinite(v)]
    assert missing == []


@settings(max_examples=15, deadline=None)
@given(
    chest=st.lists(st.floats(0.25, 4), min_size=6, max_size=6),
    limb=st.floats(0.25, 4),
)
def test_shape_features_do_not_depend_on_gain(chest: list[float], limb: float) -> None:
    ecg = simulate(80)
    gains = np.array([limb] * 6 + chest, dtype=np.float32)
    plain = signal_features(ecg)[SHAPE]
    scaled = signal_features(ECG(ecg.signal * gains, ecg.rate))[SHAPE]
    np.testing.assert_allclose(scaled, plain, rtol=0.02, atol=0.02)


def test_voltage_features_depend_on_gain() -> None:
    ecg = simulate(80)
    index = FEATURE_NAMES.index("r_mv_V5")
    doubled = signal_features(ECG(2 * ecg.signal, ecg.rate))
    assert doubled[index] == pytest.approx(2 * signal_features(ecg)[index], rel=0.01)


def test_a_strip_has_rhythm_but_no_leads() -> None:
    ecg = simulate(80)
    strip = signal_features(ECG(ecg.signal[:, 1:2], ecg.rate, (STRIP,)))
    found = dict(zip(FEATURE_NAMES, strip, strict=True))
    assert found["heart_rate"] == pytest.approx(80, abs=1)
    assert np.isfinite(found["qrs_ms"])
    assert np.isnan(found["r_mv_V5"])


@pytest.mark.parametrize("samples", [0, 1, 40, 3000])
def test_an_empty_page_has_missing_features_and_no_error(samples: int) -> None:
    vector = signal_features(ECG(np.full((samples, 12), np.nan, dtype=np.float32), 500.0))
    assert vector.shape == (len(FEATURE_NAMES),)
    assert not np.isinf(vector).any()
