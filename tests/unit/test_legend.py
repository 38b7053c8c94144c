"""Read speed and gain from the printed legend."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from heartsense.digitizer import digitize
from heartsense.digitizer.grid import detect_grid
from heartsense.digitizer.ink.segmentation import darkness_maps, grid_without_ink
from heartsense.digitizer.rectified_page import page_frame, rectify_page
from heartsense.digitizer.scale.character_matching import ALPHABET, match_character
from heartsense.digitizer.scale.character_segmentation import TextLine
from heartsense.digitizer.scale.legend import Legend, _number, _units, read_legend
from heartsense.digitizer.scale.scale_estimation import select_gain
from heartsense.digitizer.trace_extraction.calibration_pulse import CalibrationPulse
from heartsense.digitizer.trace_extraction.row_traces import extract_row_traces
from heartsense.ecg import ECG
from training.render import Distortion, PageSpec, render_page
from training.render import text as printed_text
from training.simulate import simulate

SPEC = PageSpec(layout="strip", pulse="none", row_mm=40.0, strip_seconds=6.0)
FONTS = (
    *("DejaVuSans.ttf", "DejaVuSansMono.ttf", "DejaVuSerif.ttf"),
    *("STIXGeneral.ttf", "STIXGeneralBol.ttf", "default"),
)


@pytest.fixture(scope="module")
def ecg() -> ECG:
    return simulate()


def read(ecg: ECG, spec: PageSpec) -> Legend:
    return read_pixels(render_page(ecg, spec).pixels)


def read_pixels(pixels: NDArray[np.uint8]) -> Legend:
    darkness = darkness_maps(pixels)
    grid = detect_grid(grid_without_ink(darkness))
    assert grid is not None
    page = rectify_page(darkness, page_frame(darkness, grid), has_grid=True)
    rows = extract_row_traces(page)
    assert rows is not None
    return read_legend(page, rows)


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize(("speed", "gain"), [(25.0, 10.0), (50.0, 5.0), (25.0, 20.0)])
def test_reads_every_font(ecg: ECG, font: str, speed: float, gain: float) -> None:
    spec = replace(SPEC, font=font, speed=speed, gain=gain, strip_seconds=4.0, seed=3)
    assert read(ecg, spec) == Legend(speed, gain)


@pytest.mark.parametrize("seed", range(6))
def test_reads_every_wording(ecg: ECG, seed: int) -> None:
    spec = replace(SPEC, gain=5.0, legend="top" if seed % 2 else "bottom", seed=seed)
    assert read(ecg, spec) == Legend(25.0, 5.0)


def test_reads_turned_and_compressed_pages(ecg: ECG) -> None:
    worn = Distortion(rotation=2.5, blur=0.5, noise=3.0, jpeg=75)
    assert read(ecg, replace(SPEC, gain=20.0, distortion=worn)) == Legend(25.0, 20.0)


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize(
    ("speed", "gain"), [(12.5, 2.5), (6.25, 7.5), (100.0, 40.0), (200.0, 80.0)]
)
def test_other_values_are_not_read_as_standard_ones(
    ecg: ECG, font: str, speed: float, gain: float
) -> None:
    """A page may print a value that is not supported."""
    original = printed_text._legend

    def odd(spec: PageSpec, *rest: Any) -> None:
        original(replace(spec, speed=speed, gain=gain), *rest)

    with patch.object(printed_text, "_legend", odd):
        assert read(ecg, replace(SPEC, font=font)) == Legend(None, None)


def test_reads_nothing_where_nothing_is_printed(ecg: ECG) -> None:
    spec = PageSpec(legend="none", header=True, header_mm=25.0)
    assert read(ecg, spec) == Legend(None, None)


def test_digitizer_follows_the_legend(ecg: ECG) -> None:
    """A strip without a pulse shows its speed and gain nowhere else."""
    spec = replace(SPEC, speed=50.0, gain=5.0, strip_seconds=4.0)
    read_back = digitize(render_page(ecg, spec).pixels)
    assert (read_back.speed, read_back.speed_source) == (50.0, "legend")
    assert (read_back.gain, read_back.gain_source) == (5.0, "legend")
    assert read_back.ecg.duration == pytest.approx(4.0, abs=0.1)
    drawn = np.ptp(ecg.lead("II")[: round(4.0 * ecg.rate)])
    assert np.nanmax(np.ptp(read_back.ecg.signal, axis=0)) == pytest.approx(drawn, rel=0.1)


def test_a_page_without_a_grid_is_scaled_by_its_printed_speed(ecg: ECG) -> None:
    """Ten seconds are 500 mm wide at 50 mm/s: at 25 mm/s leads would be half as tall."""
    spec = PageSpec(speed=50.0, gain=5.0, grid="none", pulse="none", px_per_mm=6.0)
    read_back = digitize(render_page(ecg, spec).pixels)
    assert (read_back.speed, read_back.gain) == (50.0, 5.0)
    assert read_back.ecg.duration == pytest.approx(10.0, abs=0.1)
    drawn = np.ptp(ecg.lead("II")[: round(10.0 * ecg.rate)])
    assert _height(read_back.ecg.lead("II")) == pytest.approx(drawn, rel=0.1)


def _height(lead: NDArray[np.floating]) -> float:
    return float(np.ptp(lead[np.isfinite(lead)]))


def test_a_speck_before_a_number_is_no_decimal_point() -> None:
    line = TextLine(_printed("10 mm/mV"))
    assert _numbers(line) == [10.0]
    image = _printed("10 mm/mV")
    bottom = int(np.flatnonzero(image[:, : image.shape[1] // 4].any(axis=1))[-1])
    specked = np.pad(image, ((0, 0), (8, 0)))
    specked[bottom - 4 : bottom + 1, 2:4] = 1.0
    assert _numbers(TextLine(specked)) == [10.0]
    pointed = np.pad(image, ((0, 0), (12, 0)))
    pointed[bottom - 4 : bottom + 1, 3:8] = 1.0
    assert _numbers(TextLine(pointed)) == [None]


def test_a_thin_point_behind_a_digit_is_a_decimal_point() -> None:
    five = _printed("5 mm/mV")
    two = _printed("2")
    bottom = int(np.flatnonzero(five[:, :15].any(axis=1))[-1])
    image = np.zeros((len(five), five.shape[1] + two.shape[1] + 10), dtype=np.float32)
    image[bottom + 1 - len(two) : bottom + 1, : two.shape[1]] = two
    image[bottom - 3 : bottom + 1, two.shape[1] + 4 : two.shape[1] + 6] = 1.0
    image[:, two.shape[1] + 10 :] = five
    assert _numbers(TextLine(image)) == [None]


def test_a_strip_without_a_grid_is_scaled_by_its_pulse_and_printed_gain(ecg: ECG) -> None:
    spec = replace(SPEC, grid="none", pulse="left", gain=5.0, px_per_mm=8.0)
    read_back = digitize(render_page(ecg, spec).pixels)
    assert read_back.gain == pytest.approx(5.0, rel=0.05)
    assert read_back.ecg.duration == pytest.approx(6.0, rel=0.05)


@pytest.mark.parametrize("size", [16, 28])
def test_a_slash_may_lean_over_the_letter_behind_it(size: int) -> None:
    line = TextLine(_printed("20 mm/mV", "STIXGeneralBol.ttf", size))
    assert _numbers(line) == [20.0]


@given(top=st.integers(0, 40), bottom=st.integers(0, 40))
def test_what_of_a_glyph_lies_between_two_rows_is_within_them(top: int, bottom: int) -> None:
    image = np.zeros((40, 12), dtype=np.float32)
    image[20:26, 2:9] = 1.0
    glyph = TextLine(image).glyph(0, 1)
    assert glyph is not None
    part = glyph.between(top, bottom)
    if max(top, 20) >= min(bottom, 26):
        assert part is None
    else:
        assert part is not None
        assert (part.top, part.bottom) == (max(top, 20), min(bottom, 26))
        assert part.image.shape == (part.height, 7)


def _printed(text: str, font: str = "DejaVuSans.ttf", size: int = 28) -> NDArray[np.float32]:
    picture = Image.new("L", (300, 50))
    drawn = printed_text.load_font(font, size)
    ImageDraw.Draw(picture).text((5, 5), text, fill=255, font=drawn)
    darkness = np.asarray(picture.crop(picture.getbbox()), dtype=np.float32)
    return (darkness / 255).astype(np.float32)


def _numbers(line: TextLine) -> list[float | None]:
    return [_number(line, unit) for unit in _units(line)]


def test_reads_a_real_page(data_dir: Path) -> None:
    picture = Image.open(data_dir / "photos" / "ecg00053.png").convert("RGB")
    legend = read_pixels(np.asarray(picture))
    assert legend.speed == 25.0
    assert legend.gain in (10.0, None)  # the letters of its mm/mV touch in too many places


@pytest.mark.parametrize(
    ("height", "printed", "expected"),
    [
        (None, None, (10.0, "standard")),
        (None, 5.0, (5.0, "legend")),
        (10.4, None, (10.0, "pulse")),
        (11.2, 10.0, (10.0, "pulse")),
        (10.2, 5.0, (10.0, "pulse")),
        (11.2, 5.0, (5.0, "legend")),
        (14.0, 20.0, (20.0, "legend")),
    ],
)
def test_gain_is_selected_from_pulse_and_legend(
    height: float | None, printed: float | None, expected: tuple[float, str]
) -> None:
    pulse = None if height is None else CalibrationPulse(10, 50, height)
    assert select_gain(pulse, printed, has_grid=True) == expected


@pytest.mark.parametrize("character", "0125msV/")
def test_a_character_matches_itself_best(character: str) -> None:
    font = printed_text.load_font("DejaVuSans.ttf", 30)
    picture = Image.new("L", (80, 80))
    ImageDraw.Draw(picture).text((20, 20), character, fill=255, font=font)
    scores = match_character(np.asarray(picture.crop(picture.getbbox()), dtype=np.float32))
    assert set(scores) == set(ALPHABET)
    assert max(scores, key=lambda c: scores[c]) == character
