"""The ink network's training: where it starts."""

from pathlib import Path

import numpy as np
import pytest
import typer

from heartsense.digitizer.ink.network import (
    CELL_PX,
    NETWORK,
    PERIOD_PX,
    InkNetwork,
    network_input,
)
from training import MODEL_DIR
from training.ink_network.command import fit_ink_network
from training.ink_network.network import CHANNELS, WIDTHS, build_network
from training.ink_network.released_weights import released_convolutions, set_released_weights

RELEASED = (MODEL_DIR / NETWORK).read_bytes()


def test_the_released_weights_are_found_in_order() -> None:
    kernels, biases = zip(*released_convolutions(RELEASED), strict=True)
    assert kernels[0].shape == (3, 3, CHANNELS, WIDTHS[0])
    assert kernels[-1].shape == (3, 3, WIDTHS[0], CELL_PX**2)
    assert [len(bias) for bias in biases] == [
        kernel.shape[2] if kernel.shape[3] == 1 else kernel.shape[3] for kernel in kernels
    ]
    assert all(np.abs(kernel).max() > 0.01 for kernel in kernels)


def test_a_training_starts_with_the_answers_of_the_released_network() -> None:
    pytest.importorskip("tensorflow", reason="the ink network's training is not installed")
    rng = np.random.default_rng(0)
    page = np.zeros((960, 1216), np.float32)
    page[300:303, 60:-60] = 0.9
    page[200:300, 600:603] = 0.9
    page[::PERIOD_PX] = 0.3
    seen = np.clip(page + rng.normal(0, 0.02, page.shape), 0, 1).astype(np.float32)
    cells = network_input(seen, seen * (seen > 0.5), 0, 0)
    model = build_network()
    set_released_weights(model, RELEASED, [cells[None]])
    logits = model(cells[None], training=False).numpy()[0]
    released = InkNetwork(RELEASED).logits(cells)
    assert np.corrcoef(logits.ravel(), released.ravel())[0, 1] > 0.99


def test_no_page_that_the_released_network_knows_is_left_out_to_be_measured(tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match="--folds"):
        fit_ink_network(real=tmp_path, folds=3, from_released=True)
