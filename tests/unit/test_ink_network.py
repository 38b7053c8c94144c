"""The ink network: where the traces of a bent page are."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from heartsense.digitizer.ink.network import (
    DESCRIPTION,
    NETWORK,
    TRACE_PROBABILITY,
    InkNetwork,
    near_traces,
    network_input,
    page_tiles,
    released_ink_network,
)
from heartsense.errors import ModelChangedError
from heartsense.files import model_folder


@pytest.fixture
def named_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HEARTSENSE_MODEL", str(tmp_path))
    return tmp_path


def test_a_trace_is_kept_and_a_broad_shadow_is_not() -> None:
    network = InkNetwork((model_folder() / NETWORK).read_bytes())
    page = np.zeros((480, 1200), np.float32)
    page[::40] = page[:, ::40] = 0.3
    ink = np.zeros_like(page)
    x = np.arange(100, 1100)
    for offset in range(-2, 3):
        y = np.round(150 + 12 * np.sin(x / 40)).astype(int) + offset
        ink[y, x] = 0.8
    ink[300:340, 100:1100] = 0.5
    near = near_traces(network(np.maximum(page, ink), ink))
    assert near.shape == page.shape
    assert near[np.round(150 + 12 * np.sin(x / 40)).astype(int), x].mean() > 0.9
    assert near[305:335, 100:1100].mean() < 0.3


def test_a_pixel_lies_in_its_cell() -> None:
    ink = np.arange(64, dtype=np.float32).reshape(8, 8)
    cells = network_input(-ink, ink, 0, 0)
    pixels = ink[4:, :4].ravel()
    assert cells[1, 0, :16].tolist() == pixels.tolist()
    assert cells[1, 0, 16:32].tolist() == (-pixels).tolist()


def test_a_blank_page_has_no_tiles() -> None:
    blank = np.zeros((900, 1200), np.float32)
    assert not list(page_tiles(blank, blank))


def test_a_gap_under_a_millimetre_in_an_r_wave_is_filled() -> None:
    network = InkNetwork((model_folder() / NETWORK).read_bytes())
    page = np.zeros((480, 1200), np.float32)
    page[::40] = page[:, ::40] = 0.5
    complexes = [
        point
        for x in range(200, 1100, 200)
        for point in ((x - 12, 200), (x - 6, 210), (x, 100), (x + 6, 220), (x + 12, 200))
    ]
    drawn = Image.new("F", page.shape[::-1])
    ImageDraw.Draw(drawn).line([(100, 200), *complexes, (1100, 200)], fill=0.8, width=3)
    ink = np.array(drawn)
    darkness = np.maximum(page, ink)
    in_gap = ink[147:153].copy() > 0
    ink[147:153] = 0
    probability = network(darkness, ink)[147:153]
    assert probability[in_gap].mean() > TRACE_PROBABILITY
    assert probability[:, 560].max() < TRACE_PROBABILITY  # a line of the grid


def test_without_the_file_classical_steps_do(named_folder: Path) -> None:
    assert released_ink_network() is None


def test_a_changed_file_is_refused(named_folder: Path) -> None:
    released = Path(__file__).parents[2] / "layers" / "inference" / "model"
    shutil.copy(released / NETWORK, named_folder)
    (named_folder / DESCRIPTION).write_text(json.dumps({"sha256": "0" * 64}))
    with pytest.raises(ModelChangedError):
        released_ink_network()


def test_each_model_folder_has_its_own_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTSENSE_MODEL", str(tmp_path))
    assert released_ink_network() is None
    monkeypatch.delenv("HEARTSENSE_MODEL")
    assert released_ink_network() is not None
