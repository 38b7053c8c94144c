import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from heartsense.ecg import ECG, LEADS, STRIP
from heartsense.views import VIEW_SIZE, draw_polyline, standard_views


def made_up(rate: float = 250.0, scale: float = 1.0) -> ECG:
    """Ten seconds of twelve made-up leads at 75 beats a minute."""
    t = np.arange(round(10 * rate)) / rate
    since = (t + 0.4) % 0.8 - 0.4
    wave = (
        0.1 * np.exp(-(((since + 0.16) / 0.02) ** 2))
        + np.exp(-((since / 0.012) ** 2))
        - 0.2 * np.exp(-(((since - 0.03) / 0.012) ** 2))
        + 0.25 * np.exp(-(((since - 0.26) / 0.04) ** 2))
    )
    sizes = np.linspace(0.6, 1.4, len(LEADS)) * np.where(np.array(LEADS) == "aVR", -1, 1)
    return ECG((scale * wave[:, None] * sizes).astype(np.float32), rate)


def test_views_are_grey_images_with_ink_in_every_panel() -> None:
    beats, rhythm = standard_views(made_up())
    assert {panel.lead for panel in beats.panels} == set(LEADS)
    assert [panel.lead for panel in rhythm.panels] == ["II", "II", "V1", "V1"]
    for view in (beats, rhythm):
        assert view.pixels.shape == (VIEW_SIZE, VIEW_SIZE)
        assert view.pixels.dtype == np.uint8
        for panel in view.panels:
            top, left = round(panel.top), round(panel.left)
            part = view.pixels[top : round(panel.top + panel.height)]
            assert part[:, left : round(panel.left + panel.width)].min() < 64


@pytest.mark.parametrize("scale", [0.1, 7.0])
def test_views_do_not_depend_on_millivolts(scale: float) -> None:
    for plain, scaled in zip(
        standard_views(made_up()), standard_views(made_up(scale=scale)), strict=True
    ):
        difference = np.abs(plain.pixels.astype(int) - scaled.pixels.astype(int))
        assert (difference > 2).mean() < 1e-3


def test_a_lead_that_is_not_shown_stays_white() -> None:
    signal = made_up().signal.copy()
    signal[:, LEADS.index("V6")] = np.nan
    beats, _ = standard_views(ECG(signal, 250.0))
    panel = next(p for p in beats.panels if p.lead == "V6")
    assert beats.pixels[round(panel.top) + 2 :, round(panel.left) + 2 :].min() == 255


def test_an_unnamed_strip_has_views_too() -> None:
    strip = ECG(made_up().signal[:, 1:2], 250.0, (STRIP,))
    beats, rhythm = standard_views(strip)
    assert [panel.lead for panel in beats.panels] == [STRIP]
    assert {panel.lead for panel in rhythm.panels} == {STRIP}
    assert beats.pixels.min() < 64
    assert rhythm.pixels.min() < 64


def test_both_views_take_milliseconds() -> None:
    ecg = made_up(rate=500.0)
    took = []
    for _ in range(5):
        start = time.process_time()
        standard_views(ecg)
        took.append(time.process_time() - start)
    assert min(took) < 0.1  # 12 ms on a busy core, 8 of them for the R peaks and median beats


coordinates = st.floats(-20, 60, allow_nan=False)


@given(st.lists(st.tuples(coordinates, coordinates), min_size=2, max_size=6), st.floats(0.5, 6))
def test_coverage_follows_the_distance_to_the_line(
    corners: list[tuple[float, float]], width: float
) -> None:
    points = np.array(corners)
    ink = np.zeros((40, 40), dtype=np.float32)
    draw_polyline(ink, points, width)
    distance = distance_to(points)
    expected = np.clip(width / 2 + 0.5 - distance, 0, min(width, 1))
    assert ink == pytest.approx(expected, abs=2e-3)


def test_nan_lifts_the_pen() -> None:
    ink = np.zeros((9, 30), dtype=np.float32)
    draw_polyline(ink, np.array([[2, 4], [8, 4], [np.nan, 4], [20, 4], [27, 4]]), 1.0)
    assert ink[4, 2:9].min() == 1
    assert ink[:, 11:18].max() == 0
    assert ink[4, 20:28].min() == 1


def distance_to(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of every pixel of a 40x40 picture to a polyline, computed pixel by pixel."""
    pixels = np.stack(np.meshgrid(np.arange(40), np.arange(40)), axis=-1).astype(float)
    best = np.full((40, 40), np.inf)
    for start, end in pairwise(points):
        step = end - start
        length2 = float(step @ step)
        along = np.clip((pixels - start) @ step / length2, 0, 1) if length2 else np.zeros((40, 40))
        nearest = start + along[..., None] * step
        best = np.minimum(best, np.hypot(*np.moveaxis(pixels - nearest, -1, 0)))
    return best
