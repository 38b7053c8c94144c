import numpy as np
import pytest

from heartsense.ecg import ECG, LEADS, Digitized, Quality, Trace
from heartsense.rendering import HeatTrace, draw_heatmap, draw_overlay


class HasHeatmaps:
    def __init__(self, **heatmaps: tuple[HeatTrace, ...]) -> None:
        self.heatmaps = heatmaps


def page() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.full((300, 400, 3), 250, dtype=np.uint8)


def trace(y: float) -> Trace:
    x = np.arange(40, 360, dtype=np.float32)
    return Trace("II", np.column_stack([x, np.full_like(x, y)]), 0.0, 10.0)


def digitized(*traces: Trace) -> Digitized:
    ecg = ECG(np.zeros((2500, 12), np.float32), 250.0, LEADS)
    quality = Quality(1.0, 0.0, 0.0, None, ecg.coverage())
    return Digitized(ecg, "12x1", traces, quality, 4.0, 0.0, 25.0, "standard", 10.0, "standard")


def test_the_overlay_draws_the_trace_where_it_was_read() -> None:
    drawn = np.asarray(draw_overlay(page(), digitized(trace(150.0))))
    assert drawn.shape == (300, 400, 3)
    coloured = np.ptp(drawn.astype(int), axis=2) > 60
    assert coloured[149:152, 60:340].any(axis=0).all()
    assert not coloured[200:290].any()


def test_a_page_without_traces_stays_plain() -> None:
    drawn = np.asarray(draw_overlay(page(), digitized()))
    assert np.ptp(drawn) == 0


def test_gaps_are_not_bridged() -> None:
    points = trace(150.0).points.copy()
    points[100:200] = np.nan
    drawn = np.asarray(draw_overlay(page(), digitized(Trace("II", points, 0.0, 10.0))))
    coloured = np.ptp(drawn.astype(int), axis=2) > 60
    assert not coloured[148:153, 150:230].any()


def test_heat_is_drawn_where_the_weights_are() -> None:
    points = trace(150.0).points
    weights = np.zeros(len(points), np.float32)
    weights[200:260] = 1.0
    heat = HasHeatmaps(hypertrophy=(HeatTrace("II", points, weights),))
    drawn = np.asarray(draw_heatmap(page(), heat)).astype(int)
    warm = drawn[..., 0] - drawn[..., 2] > 80
    assert warm[147, 250:290].all()
    assert not warm[147, 50:220].any()


def test_the_condition_can_be_chosen() -> None:
    points = trace(150.0).points
    ones = np.ones(len(points), np.float32)
    heat = HasHeatmaps(
        hypertrophy=(HeatTrace("II", points, ones),),
        ventricular_arrhythmia=(HeatTrace("II", points, 0 * ones),),
    )
    first = np.asarray(draw_heatmap(page(), heat)).astype(int)
    second = np.asarray(draw_heatmap(page(), heat, "ventricular_arrhythmia")).astype(int)
    assert (first[147] - second[147]).any()
    with pytest.raises(KeyError):
        draw_heatmap(page(), heat, "normal")


def test_nothing_present_gives_a_page_without_heat() -> None:
    drawn = np.asarray(draw_heatmap(page(), HasHeatmaps())).astype(int)
    assert not (drawn[100:, :, 0] - drawn[100:, :, 2] > 20).any()
