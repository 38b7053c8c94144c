"""Light traces on a dark screen are read; paper on a dark table is what it is."""

import numpy as np
import pytest
from PIL import Image

from heartsense.digitizer import digitize
from heartsense.digitizer.ink.negative import is_negative, without_negative
from tests.support.paths import SAMPLES

READABLE = ("normal.png", "hypertrophy.jpg", "atrial-flutter-strip.jpg")


def pixels(name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(Image.open(SAMPLES / name).convert("RGB"))


@pytest.mark.parametrize("name", READABLE)
def test_a_negative_is_read_as_its_picture(name: str) -> None:
    page, negative = digitize(pixels(name)), digitize(255 - pixels(name))
    assert negative.layout == page.layout
    assert np.array_equal(negative.ecg.signal, page.ecg.signal, equal_nan=True)


@pytest.mark.parametrize("name", sorted(p.name for p in SAMPLES.glob("*.[pj][np]g")))
def test_a_picture_of_dark_ink_stays_as_it_is(name: str) -> None:
    picture = pixels(name)
    assert without_negative(picture) is picture


@pytest.mark.parametrize("table", [0, 25, 60])
@pytest.mark.parametrize("margin", [0.2, 1.0])
def test_paper_on_a_dark_table_is_no_negative(table: int, margin: float) -> None:
    paper = pixels("atrial-flutter-strip.jpg")
    border = round(margin * paper.shape[1])
    lying = np.full(np.add(paper.shape, (2 * border, 2 * border, 0)), table, np.uint8)
    lying[border : border + paper.shape[0], border : border + paper.shape[1]] = paper
    assert not is_negative(lying)


@pytest.mark.parametrize("width", [2, 5, 9])
@pytest.mark.parametrize("noise", [0, 3])
def test_a_thin_trace_without_a_grid_on_a_dark_screen_is_a_negative(width: int, noise: int) -> None:
    rng = np.random.default_rng(2)
    screen = rng.integers(5, 6 + noise, (1000, 1800, 3)).astype(np.uint8)
    x = np.arange(1800)
    y = np.rint(500 - 200 * np.exp(-(((x % 300) - 150) ** 2) / 200)).astype(int)
    for down in range(width):
        screen[y + down, x] = (80, 255, 120)
    assert is_negative(screen)


def test_pictures_of_one_colour_are_no_negatives() -> None:
    for level in (0, 40, 255):
        assert not is_negative(np.full((300, 400, 3), level, np.uint8))
    assert not is_negative(np.zeros((1, 1, 3), np.uint8))
