"""What is no ECG is refused, turned pages are read as the upright ones, and advice is given."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from heartsense.advice import ADVICE
from heartsense.digitizer import digitize
from heartsense.digitizer.ecg_evidence import ecg_evidence
from heartsense.digitizer.orientation import t_wave_asymmetry
from heartsense.digitizer.prepared_picture import PreparedPicture
from heartsense.digitizer.retake_advice import advice_for_refusal
from heartsense.digitizer.scale_check import contradicts_scale
from heartsense.ecg import ECG, Digitized
from heartsense.errors import NoECGFoundError, NoScaleError
from heartsense.images import open_page
from tests.support.paths import ROOT
from training.refusal.command import summarize
from training.refusal.kinds import KINDS, draw_picture

STRIP = ROOT / "samples" / "atrial-flutter-strip.jpg"
PAGE = ROOT / "samples" / "normal.png"


def pixels_of(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return open_page(path.read_bytes()).pixels


@pytest.fixture(scope="module")
def strip() -> Digitized:
    return digitize(pixels_of(STRIP))


@pytest.mark.parametrize("kind", ["result page", "EEG", "chromatogram", "terminal", "objects"])
def test_a_picture_of_something_else_is_refused_with_advice(kind: str) -> None:
    with pytest.raises((NoECGFoundError, NoScaleError)) as refused:
        digitize(draw_picture(kind, 100))
    assert refused.value.advice is not None
    assert refused.value.message.endswith(refused.value.advice.text)
    assert refused.value.to_dict()["advice"]["code"] == refused.value.advice.code


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_draws_the_same_picture_again(kind: str) -> None:
    assert np.array_equal(draw_picture(kind, 3), draw_picture(kind, 3))


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_strip_is_read_as_the_upright_one(strip: Digitized, quarters: int) -> None:
    pixels = pixels_of(STRIP)
    read = digitize(np.ascontiguousarray(np.rot90(pixels, quarters)))
    assert read.layout == strip.layout
    assert round(read.rotation - strip.rotation) % 360 == 90 * quarters
    samples = min(len(read.ecg.signal), len(strip.ecg.signal))
    same = [ecg.signal[:samples, 0] for ecg in (read.ecg, strip.ecg)]
    shown = np.isfinite(same[0]) & np.isfinite(same[1])
    assert np.corrcoef(same[0][shown], same[1][shown])[0, 1] > 0.98
    height, width = pixels.shape[:2]
    x, y = strip.traces[0].points[0]
    expected = {1: (y, width - 1 - x), 2: (width - 1 - x, height - 1 - y), 3: (height - 1 - y, x)}
    assert np.allclose(read.traces[0].points[0], expected[quarters], atol=4)


def test_upside_down_the_t_wave_comes_first() -> None:
    upright = digitize(pixels_of(PAGE)).ecg
    turned = ECG(-upright.signal[::-1], upright.rate, upright.leads)
    assert t_wave_asymmetry(upright) > 0.3
    assert t_wave_asymmetry(turned) < -0.3


def test_a_scale_five_times_wrong_is_contradicted(strip: Digitized) -> None:
    assumed = replace(strip, gain_source="standard", speed_source="standard")
    assert not contradicts_scale(assumed)
    for factor in (5.0, 0.2):
        ecg = ECG(assumed.ecg.signal * np.float32(factor), assumed.ecg.rate / factor, ("strip",))
        assert contradicts_scale(replace(assumed, ecg=ecg))


def test_noise_in_place_of_the_trace_is_no_ecg(strip: Digitized) -> None:
    noise = np.random.default_rng(0).standard_normal(strip.ecg.signal.shape).astype(np.float32)
    unmarked = replace(strip, gain_source="standard", speed_source="standard")
    assert ecg_evidence(unmarked) > 0
    assert ecg_evidence(replace(unmarked, ecg=ECG(noise, strip.ecg.rate, ("strip",)))) < 0


@pytest.mark.parametrize("code", ["move_closer", "hold_still", "add_light", "avoid_shadow"])
def test_the_advice_names_what_is_wrong(code: str) -> None:
    image = Image.fromarray(pixels_of(PAGE))
    if code == "move_closer":
        image = image.resize((400, 400 * image.height // image.width))
    elif code == "hold_still":
        image = image.filter(ImageFilter.GaussianBlur(4))
    pixels = np.asarray(image)
    if code == "add_light":
        pixels = (pixels * 0.1).astype(np.uint8)
    elif code == "avoid_shadow":
        pixels = pixels.copy()
        pixels[:, : image.width // 3] //= 6
    assert advice_for_refusal(PreparedPicture(pixels), None) == ADVICE[code]


def test_a_good_page_needs_no_advice(strip: Digitized) -> None:
    assert strip.advice is None


def test_the_benchmark_counts_what_was_taken_and_what_was_refused() -> None:
    drawn = [("map 0", None, None), ("text 0", "no_ecg_found", "show_ecg")]
    pages = [("a.png", None, None), ("b.png", "no_scale", "show_grid")]
    summary = summarize(drawn, pages)
    assert (summary["taken"], summary["taken_share"]) == (["map 0"], 0.5)
    assert (summary["refused"], summary["refused_share"]) == ({"b.png": "no_scale"}, 0.5)
    assert summary["advice"] == {"show_ecg": 1}
