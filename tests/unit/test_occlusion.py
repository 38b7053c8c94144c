import numpy as np
from numpy.typing import NDArray

from heartsense.classifier import released
from heartsense.classifier.encoder import Features
from heartsense.classifier.features import extract_features
from heartsense.classifier.occlusion import Occlusions
from heartsense.measurements import FEATURE_NAMES
from training.simulate import simulate


def pooled(feature_map: NDArray[np.float32], hidden: NDArray[np.bool_]) -> NDArray[np.float32]:
    return np.asarray(feature_map.reshape(-1, feature_map.shape[-1])[~hidden].mean(axis=0))


def test_codes_of_hidden_parts_are_those_of_features_without_them() -> None:
    model = released().model
    features, inputs = extract_features(simulate(70), model.backbone)
    occlusions = Occlusions.of(inputs)
    for submodel in model.ensemble.submodels:
        codes = occlusions.codes(submodel.encoder, features, inputs)
        assert (codes[0] == submodel.encoder(features)).all()
        remaining = [
            Features(
                np.concatenate(
                    [pooled(*seen) for seen in zip(inputs.feature_maps, cells, strict=True)]
                ),
                np.where(signal, np.nan, features.signal),
            )
            for signal, cells in zip(occlusions.signal, occlusions.cells, strict=True)
        ]
        alone = np.array([submodel.encoder(each) for each in remaining])
        assert np.abs(alone.astype(int) - codes).max() <= 1  # on the edge between two codes
        assert (alone != codes).mean() < 1e-3


def test_waves_hide_their_own_measurements() -> None:
    _, inputs = extract_features(simulate(70), released().model.backbone)
    occlusions = Occlusions.of(inputs)
    assert not occlusions.signal[0].any()
    names = {
        (segment.lead, segment.start): [FEATURE_NAMES[i] for i in np.flatnonzero(hidden)]
        for segment, hidden in zip(occlusions.segments, occlusions.signal[2:], strict=True)
        if segment.beats
    }
    assert {"q_mv_V2", "r_share_V2", "beat_V2_4ms"} <= set(names["V2", -0.08])
    assert all("V2" in name for name in names["V2", -0.08])
    rhythm = [FEATURE_NAMES[i] for i in np.flatnonzero(occlusions.signal[1])]
    assert {"heart_rate", "odd_share", "p_found"} <= set(rhythm)
    assert len(names) == 36
