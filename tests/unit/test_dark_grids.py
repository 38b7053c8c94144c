"""Flat pages, cut to black and white, whose grid is as dark as the trace."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from heartsense.digitizer import digitize, page_attempt
from heartsense.digitizer.grid import Grid
from heartsense.digitizer.ink.network import TRACE_PROBABILITY, released_ink_network
from heartsense.digitizer.ink.segmentation import FloatImage
from heartsense.digitizer.page_attempt import Attempt, unless_clearly_better
from heartsense.digitizer.page_layout.hypotheses import LayoutHypothesis
from heartsense.digitizer.page_layout.layouts import Layout
from heartsense.digitizer.prepared_picture import PreparedPicture
from heartsense.digitizer.rectified_page import AffineMap, RectifiedPage
from heartsense.digitizer.scale.scale_estimation import Scale
from heartsense.digitizer.trace_extraction.row_traces import with_trace_probability
from heartsense.ecg import ECG
from training.benchmark.fidelity import compare_signals
from training.render import Distortion, PageSpec, RenderedPage, render_page
from training.simulate import simulate

BLACK, DARK, WHITE = (0, 0, 0), (90, 90, 90), (255, 255, 255)
LINES = pytest.mark.parametrize("fine", [DARK, WHITE], ids=["1 mm", "5 mm"])


def scanned(fine: tuple[int, int, int], px_per_mm: float, rotation: float = 0.0) -> RenderedPage:
    spec = PageSpec(
        px_per_mm=px_per_mm,
        paper=WHITE,
        fine=fine,
        bold=BLACK,
        ink=BLACK,
        ink_px=3.0,
        grid_px=(1.0, 1.0),
        offset_mm=2.0,
        distortion=Distortion(rotation=rotation, threshold=0.6),
    )
    return render_page(simulate(heart_rate=72.0, noise=0.005), spec)


@LINES
@pytest.mark.parametrize("px_per_mm", [4.0, 7.3])
def test_the_grid_of_a_black_and_white_scan_is_found(
    fine: tuple[int, int, int], px_per_mm: float
) -> None:
    grid = PreparedPicture(scanned(fine, px_per_mm, rotation=0.4).pixels).grid
    assert grid is not None
    assert (grid.pitch_x, grid.pitch_y) == pytest.approx((px_per_mm, px_per_mm), rel=0.005)


@LINES
def test_a_black_and_white_scan_is_read(fine: tuple[int, int, int]) -> None:
    drawn = scanned(fine, 7.3)
    read = digitize(drawn.pixels)
    assert read.layout == "3x4+1"
    assert 10 * np.log10(compare_signals(drawn.ecg, read.ecg).ratio) > 10.0


def stretched(
    pixels: NDArray[np.uint8], px_per_mm: float, by_mm: float = 0.15
) -> NDArray[np.uint8]:
    """Lines moved to the side; those of scans with known signals were by up to 0.15 mm."""
    x = np.arange(pixels.shape[1])
    moved = x + by_mm * px_per_mm * np.sin(2 * np.pi * x / (180 * px_per_mm))
    left = np.clip(np.floor(moved), 0, len(x) - 2).astype(np.int64)
    share = np.clip(moved - left, 0.0, 1.0)[None, :, None]
    return np.asarray(pixels[:, left] * (1 - share) + pixels[:, left + 1] * share).astype(np.uint8)


def test_a_page_that_was_stretched_is_straightened() -> None:
    picture = PreparedPicture(stretched(scanned(WHITE, 7.3).pixels, 7.3))
    flat, straight = picture.flat_page, picture.straightened_page
    assert flat is not None
    assert straight is not None
    assert _spread_of_lines(flat.with_grid) > 1.2
    assert _spread_of_lines(straight.with_grid) < 0.7


def _spread_of_lines(page: FloatImage) -> float:
    """Pixels between the places of the upright bold lines in their boxes, standard deviation."""
    profile = page.mean(axis=0)
    boxes = profile[: len(profile) // 40 * 40].reshape(-1, 40)
    boxes = np.roll(boxes, 20 - int(boxes.mean(axis=0).argmax()), axis=1)[3:-3]
    return float(boxes.argmax(axis=1).std())


# Of lines of 1 mm as dark the wrong one is taken where more is moved.
@pytest.mark.parametrize(
    ("fine", "by_mm", "floor"), [(WHITE, 0.15, 15.0), (WHITE, 0.3, 15.0), (DARK, 0.1, 15.0)]
)
def test_complexes_of_a_stretched_page_are_where_they_were(
    fine: tuple[int, int, int], by_mm: float, floor: float
) -> None:
    drawn = scanned(fine, 7.3)
    read = digitize(stretched(drawn.pixels, 7.3, by_mm))
    assert 10 * np.log10(compare_signals(drawn.ecg, read.ecg).ratio) > floor


def broken(drawn: RenderedPage, left: float) -> NDArray[np.uint8]:
    """The scan with a share of its grid left, in pieces: what a scanner in black and white keeps.

    The traces are those of the same page drawn without a grid.
    """
    trace = render_page(drawn.ecg, replace(drawn.spec, grid="none")).pixels
    rng = np.random.default_rng(1)
    cells = rng.random((drawn.pixels.shape[0] // 12 + 1, drawn.pixels.shape[1] // 12 + 1)) < left
    kept = cells.repeat(12, axis=0).repeat(12, axis=1)[: trace.shape[0], : trace.shape[1]]
    return np.where(kept[:, :, None], drawn.pixels, trace)


@pytest.mark.parametrize("left", [0.5, 0.15])
def test_a_grid_of_which_a_scanner_left_pieces_scales_the_page(left: float) -> None:
    drawn = scanned(WHITE, 7.3)
    pixels = broken(drawn, left)
    grid = PreparedPicture(pixels).grid
    assert grid is not None
    assert grid.is_ink
    assert (grid.pitch_x, grid.pitch_y) == pytest.approx((7.3, 7.3), rel=0.005)
    read = digitize(pixels)
    assert read.layout == "3x4+1"
    assert 10 * np.log10(compare_signals(drawn.ecg, read.ecg).ratio) > 12.0


@pytest.mark.parametrize(("layout", "px_per_mm"), [("3x4", 6.0), ("3x4", 8.0), ("6x2", 8.0)])
def test_black_lines_between_columns_and_of_the_grid_at_whole_pixels(
    layout: str, px_per_mm: float
) -> None:
    """All harmonics of such a grid are as strong, and the network takes the lines off the page."""
    spec = PageSpec(
        layout=layout,
        px_per_mm=px_per_mm,
        paper=WHITE,
        fine=WHITE,
        bold=BLACK,
        separators="lines",
        column_gap=2.4,
        joined=True,
        row_mm=20.0 if layout == "6x2" else 28.0,
    )
    drawn = render_page(simulate(), spec)
    read = digitize(drawn.pixels)
    assert read.pitch == pytest.approx(px_per_mm, rel=0.005)
    assert 10 * np.log10(compare_signals(drawn.ecg, read.ecg).ratio) > 12.0


def attempt(leads: int, doubt: float) -> Attempt:
    page = SimpleNamespace(leads=leads, doubt=doubt, has_grid=True)
    page.with_legend_of = lambda other: page
    return cast("Attempt", page)


@pytest.mark.parametrize("printed", [5.0, 10.0, 20.0])
def test_a_gain_that_only_the_other_reading_saw_counts(printed: float) -> None:
    signal = np.linspace(-1, 1, 12 * 1250, dtype=np.float32).reshape(1250, 12)

    def reading(gain: float, source: str) -> Attempt:
        scale = Scale(25.0, "standard", gain, source)
        page = LayoutHypothesis(Layout("12x1", ()), ECG(signal, 500.0), (), {}, None, scale)
        return Attempt(page, Grid(8.0, 8.0, 0.0), has_grid=True)

    assumed, legend = reading(10.0, "standard"), reading(printed, "legend")
    kept = unless_clearly_better(assumed, legend)
    assert kept is not None
    assert (kept.hypothesis.scale.gain, kept.hypothesis.scale.gain_source) == (printed, "legend")
    assert kept.hypothesis.ecg.signal == pytest.approx(signal * 10 / printed)
    assert kept.inconsistency == pytest.approx(assumed.inconsistency, rel=1e-3)
    pulse = reading(10.0, "pulse")
    assert unless_clearly_better(pulse, legend) is pulse
    assert unless_clearly_better(legend, assumed) is legend


def test_a_row_beside_others_that_the_network_lost_counts_only_without_another_reading(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    blank = np.zeros((8, 8), np.float32)
    page = RectifiedPage(blank, blank, 0.5, AffineMap(np.eye(2, 3)), bent=True)
    row, rows = attempt(1, 0.0), attempt(12, 0.1)
    vars(row)["is_one_of_many"] = True
    for other, kept in ((None, row), (rows, rows)):
        monkeypatch.setattr(page_attempt, "_by_network", lambda *_, **__: row)
        monkeypatch.setattr(page_attempt, "best_layout", lambda *_, other=other, **__: other)
        assert page_attempt.attempt_page(page, Grid(8.0, 8.0, 0.0)) is kept


def test_a_strip_of_which_no_law_holds_does_not_replace_several_leads() -> None:
    page, strip, better = attempt(12, 0.18), attempt(1, 0.0), attempt(12, 0.1)
    assert unless_clearly_better(page, strip) is page
    assert unless_clearly_better(strip, page) is strip
    assert unless_clearly_better(page, better) is better
    assert unless_clearly_better(page, attempt(12, 0.15)) is page
    assert unless_clearly_better(None, strip) is strip


def test_bold_lines_lie_where_the_ink_network_expects_them() -> None:
    page = PreparedPicture(scanned(WHITE, 7.3).pixels).flat_page
    assert page is not None
    assert page.has_dark_grid
    left, top = page.grid_origin
    columns, rows = (page.with_grid.mean(axis=axis) for axis in (0, 1))
    assert columns[left + 40 :: 40][:40].mean() > 3 * np.median(columns)
    assert rows[top + 40 :: 40][:20].mean() > 3 * np.median(rows)


def test_the_ink_network_sees_the_page_before_its_first_bold_lines() -> None:
    picture = scanned(WHITE, 7.3).pixels[:, 200:]  # cut within the first column of leads
    page, network = PreparedPicture(picture).flat_page, released_ink_network()
    assert page is not None
    assert network is not None
    left, _ = page.grid_origin
    assert left > 10
    probability = with_trace_probability(page, network).probability
    assert probability is not None
    assert probability.shape == page.ink.shape
    assert np.count_nonzero(probability[:, : left - 5] > TRACE_PROBABILITY) > 100
