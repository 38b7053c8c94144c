"""Drawn and real pages told apart by simple features of patches."""

import numpy as np
from numpy.typing import NDArray

from training.benchmark.patches import FEATURES, SIDE_PX, page_patches
from training.benchmark.realism import measure_realism


def pages(count: int, period: float, seed: int) -> list[NDArray[np.uint8]]:
    """Noise over a grid of lines every ``period`` pixels."""
    rng = np.random.default_rng(seed)
    lines = 30 * np.cos(2 * np.pi * np.arange(400) / period)
    noise = rng.normal(200, 8, (count, 300, 400, 1)) + lines[:, None]
    return [np.repeat(page, 3, axis=2) for page in np.clip(noise, 0, 255).astype(np.uint8)]


def test_pages_of_one_kind_are_not_told_apart_and_others_are() -> None:
    same = measure_realism(pages(10, 9.0, 0), pages(10, 9.0, 1), [False] * 10, 6, 0)
    other = measure_realism(pages(10, 9.0, 0), pages(10, 5.0, 1), [True] * 10, 6, 0)
    assert 0.25 < same["patches"] < 0.75
    assert other["patches"] > 0.95
    assert other["office_prints"] == other["patches"]
    assert same["office_prints"] is None
    assert (same["real_pages"], same["drawn_pages"]) == (10, 10)


def test_each_patch_has_all_features() -> None:
    features, patches = page_patches(pages(1, 9.0, 0)[0], 3, np.random.default_rng(0))
    assert features.shape == (3, len(FEATURES))
    assert np.isfinite(features).all()
    assert {patch.shape for patch in patches} == {(SIDE_PX, SIDE_PX, 3)}
