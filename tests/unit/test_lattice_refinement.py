"""What is left of the bends of a flattened page, measured on its grid lines."""

import numpy as np
import pytest

from heartsense.digitizer.grid_lattice.refinement import node_offsets
from heartsense.numeric import Floats

BOX = 40
ROWS, COLUMNS = 12, 20


def page_with_lines(
    moved_x: float, moved_y: float
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Soft dark lines every box, moved by some pixels, on paper in a shadow."""
    height, width = ROWS * BOX, COLUMNS * BOX

    def lines(count: int, moved: float) -> Floats:
        at = np.arange(count) + 0.5 - moved  # a pixel's centre
        distance = (at + BOX / 2) % BOX - BOX / 2
        return np.asarray(np.exp(-0.5 * (distance / 1.0) ** 2))

    grid = np.maximum(lines(height, moved_y)[:, None], lines(width, moved_x)[None, :])
    shadow = np.linspace(0.75, 1.0, width)[None, :]
    return np.asarray(255 * shadow * (1 - 0.6 * grid)).astype(np.uint8)


@pytest.mark.parametrize(("x", "y"), [(0.0, 0.0), (1.3, -0.8), (-2.0, 0.4)])
def test_lines_are_found_where_they_are(x: float, y: float) -> None:
    offsets = node_offsets(page_with_lines(x, y))
    assert offsets.shape == (ROWS + 1, COLUMNS + 1, 2)
    inner = offsets[1:-1, 1:-1]
    np.testing.assert_allclose(inner[..., 0], x, atol=0.15)
    np.testing.assert_allclose(inner[..., 1], y, atol=0.15)


def test_a_trace_over_a_line_moves_nothing() -> None:
    page = page_with_lines(0.5, 0.5)
    page[5 * BOX + 3 : 5 * BOX + 6, :] = 0  # level, beside a line
    page[:, 7 * BOX - 5 : 7 * BOX - 3] = 0
    offsets = node_offsets(page)[1:-1, 1:-1]
    assert np.abs(offsets - 0.5).max() < 0.6
    assert np.median(np.abs(offsets - 0.5)) < 0.15


def test_a_page_without_lines_stays() -> None:
    blank = np.full((ROWS * BOX, COLUMNS * BOX), 240, np.uint8)
    assert np.abs(node_offsets(blank)).max() == 0.0
