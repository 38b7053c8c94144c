"""What is no ECG is refused, turned pages are read as the upright ones, and advice is given."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from heartsense.advice import ADVICE
from heartsense.digitizer import digitize
from heartsense.digitizer.evidence.ecg import ecg_evidence
from heartsense.digitizer.evidence.orientation import t_wave_asymmetry
from heartsense.digitizer.evidence.scale_check import contradicts_scale
from heartsense.digitizer.prepared_picture import PreparedPicture
from heartsense.digitizer.retake_advice import advice_for_refusal
from heartsense.ecg import ECG, Digitized
from heartsense.errors import NoECGFoundError, NoScaleError
from heartsense.images import open_page
from tests.support.paths import ROOT
from tools.fuzz_predict import make
from training.benchmark.fidelity import compare_signals
from training.refusal.command import summarize
from training.refusal.kinds import KINDS, draw_picture
from training.render import PageSpec, render_page
from training.simulate import NORMAL, PREMATURE_VENTRICULAR, simulate_beats

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


@pytest.mark.parametrize("period", [2, 3, 4])
def test_a_strip_of_frequent_ventricular_beats_is_read(period: int) -> None:
    """Bigeminy, trigeminy, quadrigeminy: a complex need not be like the next one."""
    numbers = np.arange(12)
    is_early = numbers % period == 1
    times = 0.5 + 0.85 * numbers - 0.25 * is_early
    shapes = [PREMATURE_VENTRICULAR if early else NORMAL for early in is_early]
    shown = simulate_beats(times, shapes)
    page = render_page(shown, PageSpec(layout="strip", rhythm=("II",), pulse="none", legend="none"))
    assert compare_signals(page.ecg, digitize(page.pixels).ecg).ratio > 10


@pytest.mark.parametrize(
    ("kind", "seed"),
    [
        *(("stock chart", 2612), ("stock chart", 2616), ("chromatogram", 2614)),
        *(("seismogram", 2617), ("waves", 2701), ("bar chart", 5802)),
    ],
)
def test_a_chart_of_which_the_trace_misses_most_ink_is_refused(kind: str, seed: int) -> None:
    with pytest.raises((NoECGFoundError, NoScaleError)):
        digitize(draw_picture(kind, seed))


def test_pulses_with_flat_tops_are_no_ecg() -> None:
    with pytest.raises((NoECGFoundError, NoScaleError)):
        digitize(draw_picture("logger", 7001))


def test_the_edge_of_something_filled_is_no_beat() -> None:
    with pytest.raises((NoECGFoundError, NoScaleError)):
        digitize(draw_picture("objects", 7000))


def test_a_strip_with_much_text_is_read_and_its_text_is_no_trace(strip: Digitized) -> None:
    pixels = pixels_of(STRIP)
    text = Image.fromarray(pixels)
    below = Image.new("RGB", (text.width, text.height + 160), "white")
    below.paste(text)
    ImageDraw.Draw(below).text((20, text.height + 10), "words of a report\n" * 8, fill="black")
    read = digitize(np.asarray(below))
    assert read.layout == strip.layout
    assert read.ink.missed > strip.ink.missed


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


def broken_blocks(size: tuple[int, int], seed: int) -> NDArray[np.uint8]:
    """What a decoder makes of a damaged JPEG: paper down to some block, grey from there on."""
    rng = np.random.default_rng(seed)
    width, height = size
    pixels = 250 + rng.integers(-3, 4, (height, width, 3))
    row, column = (
        int(rng.integers(2, height // 8 - 2)) * 8,
        int(rng.integers(2, width // 8 - 2)) * 8,
    )
    pixels[row : row + 8, column:] = 128
    pixels[row + 8 :] = 128
    for _ in range(6):
        x, y = column - 8 * int(rng.integers(0, 3)), row + 8 * int(rng.integers(-1, 1))
        pixels[max(y, 0) :, max(x, 0) :][:8, :8] = rng.integers(0, 256, (8, 8, 1))
    return pixels.astype(np.uint8)


@pytest.mark.parametrize("size", [(160, 96), (120, 179), (320, 240)])
def test_a_step_between_blocks_is_no_beat(size: tuple[int, int]) -> None:
    for seed in range(8):
        with pytest.raises((NoECGFoundError, NoScaleError)):
            digitize(broken_blocks(size, seed))


@pytest.mark.parametrize("number", [276, 1005, 2397, 4241, 9512, 9737])
def test_a_broken_small_picture_is_no_beat(number: int) -> None:
    pixels = open_page(make(0, number)[2]).pixels
    with pytest.raises((NoECGFoundError, NoScaleError)):
        digitize(pixels)


@pytest.mark.parametrize("number", [87, 976, 1473])
def test_a_broken_small_picture_is_no_strip(number: int) -> None:
    pixels = open_page(make(1, number)[2]).pixels
    with pytest.raises((NoECGFoundError, NoScaleError)):
        digitize(pixels)


def one_beat() -> ECG:
    t = np.arange(500) / 500 - 0.4
    mv = 1.2 * np.exp(-((t / 0.014) ** 2)) + 0.25 * np.exp(-(((t - 0.26) / 0.045) ** 2))
    return ECG(mv[:, None].astype(np.float32), 500.0, ("II",))


def test_a_beat_is_also_read_with_little_paper_round_it() -> None:
    page = render_page(one_beat(), PageSpec(layout="beat", rhythm=("II",), labels=False))
    points = digitize(page.pixels).traces[0].points
    left, top = np.maximum(points.min(axis=0) - 50, 0).astype(int)
    right, bottom = (points.max(axis=0) + 50).astype(int)
    cut = digitize(np.ascontiguousarray(page.pixels[top:bottom, left:right]))
    assert cut.layout == "beat"
    assert compare_signals(page.ecg, cut.ecg).ratio > 20
