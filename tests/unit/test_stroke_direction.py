"""Rows that lie on their side are told before they are read, and read in the right direction."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from heartsense.digitizer import digitize
from heartsense.digitizer.digitization import digitize_upright
from heartsense.digitizer.evidence.stroke_direction import stroke_direction
from heartsense.digitizer.prepared_picture import PreparedPicture
from heartsense.ecg import Digitized
from heartsense.errors import NoECGFoundError
from heartsense.images import open_page
from training.render import Distortion, PageSpec, render_page
from training.simulate import simulate

Pixels = NDArray[np.uint8]

sides = st.integers(1, 60)


@given(st.lists(st.tuples(sides, sides), min_size=1, max_size=5))
def test_strokes_of_a_page_on_its_side_point_the_other_way(sizes: list[tuple[int, int]]) -> None:
    ink = np.zeros((70, 70 * len(sizes)), np.float32)
    for number, (width, height) in enumerate(sizes):
        ink[5 : 5 + height, 70 * number + 5 :][:, :width] = 1.0
    level = stroke_direction(ink, 0.5)
    assert stroke_direction(np.rot90(ink), 0.5) == pytest.approx(-level)
    width, height = np.square(sizes).sum(axis=0)
    assert level == pytest.approx(np.log2(width / height))


def test_a_page_without_ink_has_no_direction() -> None:
    assert stroke_direction(np.zeros((40, 40), np.float32), 0.5) == 0.0


@pytest.fixture
def ways_read(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether the picture was turned, each time that one is read."""
    ways: list[bool] = []

    def noted(picture: PreparedPicture) -> Digitized:
        ways.append(picture.is_turned)
        return digitize_upright(picture)

    monkeypatch.setattr("heartsense.digitizer.reading.digitize_upright", noted)
    return ways


def photographed() -> Pixels:
    near = Distortion(rotation=2.0, tilt=10.0, background="wood")
    return render_page(simulate(heart_rate=72.0, noise=0.005), PageSpec(distortion=near)).pixels


@pytest.mark.parametrize("quarters", [1, 3])
def test_a_photograph_on_its_side_is_not_read_as_it_is(
    ways_read: list[bool], quarters: int
) -> None:
    read = digitize(np.ascontiguousarray(np.rot90(photographed(), quarters)))
    assert read.layout == "3x4+1"
    assert all(ways_read)


def test_what_shows_no_rows_is_not_turned_upside_down(ways_read: list[bool]) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (400, 500, 3), dtype=np.uint8)
    with pytest.raises(NoECGFoundError):
        digitize(noise)
    assert len(ways_read) in (1, 2)
    assert ways_read[0] is False


@pytest.mark.data
@pytest.mark.parametrize("name", ["00012_hr", "01803_hr", "03403_hr"])
def test_rows_of_photographs_lie_as_they_do(data_dir: Path, name: str) -> None:
    page = open_page((data_dir / "real-photos" / f"{name}.jpg").read_bytes()).pixels
    upright = PreparedPicture(page)
    assert upright.rows_lie_level is True
    assert not upright.lies_on_its_side
    assert not PreparedPicture(np.ascontiguousarray(page[::-1, ::-1])).lies_on_its_side
    assert PreparedPicture(np.ascontiguousarray(np.rot90(page))).lies_on_its_side
