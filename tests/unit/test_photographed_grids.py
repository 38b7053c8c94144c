"""Photographed pages whose bold lines are hard to tell: read along the right grid, and turned."""

import numpy as np
import pytest

from heartsense.digitizer import digitize
from heartsense.digitizer.grid_lattice import Lattice
from heartsense.digitizer.grid_lattice.boldness import boldness
from heartsense.digitizer.grid_lattice.growth import MIN_BOLDNESS
from heartsense.digitizer.photo_rectification import ReducedPhoto
from training.benchmark.fidelity import compare_signals
from training.render import Distortion, PageSpec, RenderedPage, render_page
from training.simulate import simulate

MIN_DB = 15.0


def photograph(spec: PageSpec) -> RenderedPage:
    return render_page(simulate(heart_rate=72.0, noise=0.005), spec)


def decibels(drawn: RenderedPage) -> float:
    read = digitize(drawn.pixels)
    return float(10 * np.log10(compare_signals(drawn.ecg, read.ecg).ratio))


@pytest.mark.parametrize("px_per_mm", [7.0, 8.0])
def test_a_turned_page_with_fine_lines_as_dark_as_bold_ones_is_read(px_per_mm: float) -> None:
    turned = Distortion(rotation=16.0, tilt=8.0, background="dark")
    page = PageSpec(
        layout="3x4+1",
        px_per_mm=px_per_mm,
        fine=(120, 120, 120),
        bold=(90, 90, 90),
        grid_px=(1.2, 1.6),
        distortion=turned,
    )
    assert decibels(photograph(page)) > MIN_DB


def test_a_page_on_its_side_is_turned_though_the_table_has_a_grid() -> None:
    on_tiles = Distortion(rotation=75.0, tilt=4.1, tilt_axis=107.0, background="tiles")
    page = PageSpec(
        layout="3x4+3",
        rhythm=("V1", "II", "V5"),
        px_per_mm=6.7,
        paper=(255, 234, 240),
        fine=(233, 182, 214),
        bold=(236, 120, 156),
        distortion=on_tiles,
    )
    assert decibels(photograph(page)) > MIN_DB


def test_where_no_grid_is_seen_on_the_reduced_copy_that_of_the_flat_page_is_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tilted = Distortion(rotation=3.0, tilt=8.4, tilt_axis=257.0, background="wood")
    drawn = photograph(PageSpec(layout="6x2", px_per_mm=8.8, row_mm=17.0, distortion=tilted))
    monkeypatch.setattr(ReducedPhoto, "lattice", None)
    assert decibels(drawn) > MIN_DB


@pytest.mark.parametrize(
    ("cell_mm", "is_bold"), [(5, True), (4, False), (6, False), (2, False), (10, False)]
)
def test_lines_of_another_pitch_than_the_bold_ones_are_not_bolder_than_those_between(
    cell_mm: int, is_bold: bool
) -> None:
    size, px_per_mm = 600, 5
    dark = np.zeros((size, size), np.float32)
    for line in range(0, size, px_per_mm):
        dark[line, :] = dark[:, line] = 0.4 if line % (5 * px_per_mm) else 0.55
    at = np.arange(0, size - 1, cell_mm * px_per_mm, dtype=np.float64)
    lattice = Lattice(np.stack(np.meshgrid(at, at), axis=-1))
    assert (boldness(dark, lattice) > MIN_BOLDNESS) == is_bold
