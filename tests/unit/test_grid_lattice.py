"""The lattice of a photographed grid: found, followed and flattened, on paper drawn bent."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from heartsense.digitizer.grid_lattice import (
    Lattice,
    complete,
    find_seeds,
    follow_grid,
    is_bent,
    join_parts,
)
from heartsense.digitizer.grid_lattice.paper import paper_boxes
from heartsense.digitizer.grid_lattice.rectification import MeshMap, rectify_bent_page
from heartsense.digitizer.ink.segmentation import darkness_maps
from heartsense.digitizer.photo_rectification import reduce_photo
from heartsense.digitizer.rectified_page import GRID_BOX_PX
from heartsense.images import open_source

ROWS, COLUMNS, PITCH = 20, 26, 24.0
SIZE = 800
Floats = NDArray[np.float64]


def bend(points: Floats, angle: float, tilt: float, curl: float) -> Floats:
    """Paper positions in boxes, shape (..., 2), to pixels of a photograph."""
    x, y = (points[..., 0] - COLUMNS / 2) * PITCH, (points[..., 1] - ROWS / 2) * PITCH
    turn = np.deg2rad(angle)
    x, y = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    y = y + curl * np.sin(x / 150)
    depth = 1 + tilt * x / SIZE
    return np.stack([SIZE / 2 + x / depth, SIZE / 2 + y / depth], axis=-1)


def photograph(angle: float, tilt: float, curl: float) -> NDArray[np.uint8]:
    """A grid on bent white paper on a grey table, as a picture."""
    dense = np.full((SIZE, SIZE), 255.0)
    for axis, count, other in ((0, COLUMNS, ROWS), (1, ROWS, COLUMNS)):
        along = np.linspace(0, other, 40 * other)
        for line in range(count + 1):
            points = np.empty((len(along), 2))
            points[:, axis], points[:, 1 - axis] = line, along
            x, y = bend(points, angle, tilt, curl).T
            for dx in (0, 1):
                for dy in (0, 1):
                    i, j = np.floor(x).astype(int) + dx, np.floor(y).astype(int) + dy
                    inside = (i >= 0) & (j >= 0) & (i < SIZE) & (j < SIZE)
                    near = (1 - np.abs(x - i)) * (1 - np.abs(y - j))
                    np.minimum.at(dense, (j[inside], i[inside]), 255 - 160 * near[inside])
    return np.repeat(dense[:, :, None], 3, axis=2).astype(np.uint8)


# On level paper a dozen multiples of these grids' cells repeat better than the cells themselves.
@example(angle=20.0, tilt=0.0, curl=0.0)
@example(angle=8.5, tilt=0.0, curl=0.0)
@settings(max_examples=6, derandomize=True)
@given(angle=st.floats(-40, 40), tilt=st.floats(-0.25, 0.25), curl=st.floats(0, 8))
def test_nodes_lie_where_the_lines_cross(angle: float, tilt: float, curl: float) -> None:
    lattice = follow_grid(darkness_maps(photograph(angle, tilt, curl)).grid)
    assert lattice is not None
    grid = np.stack(np.meshgrid(np.arange(COLUMNS + 1), np.arange(ROWS + 1)), axis=-1)
    truth = bend(grid.astype(np.float64), angle, tilt, curl).reshape(-1, 2)
    found = complete(lattice).nodes[lattice.found]
    distance = np.hypot(*(found[:, None] - truth[None]).transpose(2, 0, 1)).min(axis=1)
    assert len(found) > 0.8 * len(truth)
    assert np.median(distance) < 0.7
    assert np.mean(distance < 2) > 0.95


def with_trace(pixels: NDArray[np.uint8], angle: float, rows: Floats) -> NDArray[np.uint8]:
    """The photograph with traces all across it, at these boxes from the top."""
    traced = pixels.copy()
    along = np.linspace(0.2, COLUMNS - 0.2, 4000)
    for row in rows:
        x, y = bend(np.column_stack([along, np.full(len(along), row)]), angle, 0.0, 0.0).T
        for thick in range(3):
            traced[np.rint(y).astype(int) + thick, np.rint(x).astype(int)] = 40
    return traced


def found_beyond(pixels: NDArray[np.uint8], angle: float, row: int) -> int:
    """How many of a row's nodes are found."""
    lattice = follow_grid(darkness_maps(pixels).grid)
    assert lattice is not None
    nodes = lattice.nodes[lattice.found]
    across = np.arange(1.0, COLUMNS)
    truth = bend(np.column_stack([across, np.full(len(across), row)]), angle, 0.0, 0.0)
    distance = np.hypot(*(nodes[:, None] - truth[None]).transpose(2, 0, 1)).min(axis=0)
    return int((distance < 2).sum())


@pytest.mark.parametrize("angle", [0.0, 7.0])
def test_the_grid_is_followed_past_traces_that_hide_a_line(angle: float) -> None:
    # A trace a third of a box beside a line is darker than it: each node there looks like scatter.
    rows = np.array([3.58])
    pixels = with_trace(photograph(angle, 0.0, 0.0), angle, rows)
    assert found_beyond(pixels, angle, 10) > 20
    assert found_beyond(pixels, angle, 2) > 20


def test_where_no_grid_goes_on_beyond_a_trace_nothing_is_found() -> None:
    pixels = with_trace(photograph(0.0, 0.0, 0.0), 0.0, np.array([3.58]))
    top = int(SIZE / 2 - (ROWS / 2 - 3.5) * PITCH)
    pixels[:top] = 255
    assert found_beyond(pixels, 0.0, 10) > 20
    assert found_beyond(pixels, 0.0, 2) == 0


def test_a_flattened_grid_has_straight_lines_at_equal_distances() -> None:
    pixels = photograph(12.0, 0.15, 6.0)
    lattice = follow_grid(darkness_maps(pixels).grid)
    assert lattice is not None
    page = rectify_bent_page(pixels[:, :, 0], complete(lattice))
    rows, columns = lattice.nodes.shape[:2]
    assert page.with_grid.shape == ((rows - 1) * GRID_BOX_PX, (columns - 1) * GRID_BOX_PX)
    middle = page.with_grid[2 * GRID_BOX_PX : -2 * GRID_BOX_PX]
    profile = middle.mean(axis=0)[: (columns - 1) * GRID_BOX_PX].reshape(-1, GRID_BOX_PX)
    on_line = np.concatenate([profile[3:-3, :2], profile[3:-3, -2:]], axis=1).mean()
    between = profile[3:-3, 8:-8].mean()
    assert on_line > 3 * between
    assert page.ink.mean() < 0.2 * page.with_grid.mean()


@pytest.mark.parametrize(
    ("angle", "tilt", "curl", "bent"),
    [(0, 0, 0, False), (3, 0, 0, False), (0, 0.25, 0, True), (20, 0.2, 8, True)],
)
def test_bent_and_tilted_paper_is_told_from_flat(
    angle: float, tilt: float, curl: float, bent: bool
) -> None:
    dark = darkness_maps(photograph(angle, tilt, curl)).grid
    assert is_bent(dark, find_seeds(dark)) is bent


@pytest.mark.parametrize(
    ("angle", "tilt", "curl", "uneven"),
    [
        (0.0, 0.0, 0.0, False),
        (12.0, 0.0, 0.0, False),
        (0.0, 0.1, 0.0, True),
        (3.0, 0.0, 20.0, True),
    ],
)
def test_a_lattice_is_as_uneven_as_the_paper(
    angle: float, tilt: float, curl: float, uneven: bool
) -> None:
    reduced = reduce_photo(photograph(angle, tilt, curl))
    assert reduced.is_uneven is uneven


def test_a_picture_without_a_lattice_is_not_uneven() -> None:
    assert not reduce_photo(np.full((SIZE, SIZE, 3), 255, np.uint8)).is_uneven


def test_no_lattice_in_blank_paper_noise_and_single_lines() -> None:
    blank = np.full((500, 700), 0.0, np.float32)
    noise = np.random.default_rng(0).random((500, 700)).astype(np.float32)
    lines = blank.copy()
    lines[::30] = 0.5
    for picture in (blank, noise, lines):
        assert follow_grid(picture) is None


def test_paper_goes_on_where_the_grid_is_hidden_and_ends_where_the_table_begins() -> None:
    pixels = photograph(4.0, 0.1, 3.0)
    table = (pixels[:, :, 0] == 255) & ~_on_paper(4.0, 0.1, 3.0)
    pixels[table] = 120
    middle = np.s_[SIZE // 2 - 80 : SIZE // 2 + 80, SIZE // 2 - 80 : SIZE // 2 + 80]
    pixels[middle] = 245  # a reflection
    lattice = follow_grid(darkness_maps(pixels).grid)
    assert lattice is not None
    surface = complete(lattice)
    found = paper_boxes(pixels[:, :, 0], surface)
    centres = (surface.nodes[:-1, :-1] + surface.nodes[1:, 1:]) / 2
    x, y = np.rint(np.moveaxis(centres, -1, 0)).astype(int)
    inside = (x >= 0) & (y >= 0) & (x < SIZE) & (y < SIZE)
    hidden = (np.abs(centres - SIZE / 2) < 60).all(axis=2)
    assert not lattice.found[:-1, :-1][hidden].all()
    assert found[hidden].all()
    assert pixels[y[found & inside], x[found & inside], 0].min() != 120


def _on_paper(angle: float, tilt: float, curl: float) -> NDArray[np.bool_]:
    """Pixels of `photograph` that show the sheet and half a box round it."""
    dense = np.stack(
        np.meshgrid(np.linspace(-0.5, COLUMNS + 0.5, 1500), np.linspace(-0.5, ROWS + 0.5, 1200)),
        axis=-1,
    )
    x, y = np.rint(np.moveaxis(bend(dense, angle, tilt, curl), -1, 0)).astype(int)
    sheet = np.zeros((SIZE, SIZE), dtype=bool)
    sheet[np.clip(y, 0, SIZE - 1), np.clip(x, 0, SIZE - 1)] = True
    return sheet


@pytest.mark.parametrize(("x", "y"), [(0.0, 0.0), (10.0, 30.0), (39.5, 5.25)])
def test_a_mesh_of_an_even_grid_is_a_scaling(x: float, y: float) -> None:
    corners = np.stack(np.meshgrid(np.arange(4) * 10.0, np.arange(3) * 10.0), axis=-1)
    at = MeshMap(corners).page_points(np.array([x]), np.array([y]))
    assert at[0] == pytest.approx([x / 2, y / 2])


def test_nodes_beside_a_hole_go_on_as_the_page_does() -> None:
    """A place with neighbours to one side only was put far beside the paper."""
    grid = np.stack(np.meshgrid(np.arange(40.0), np.arange(30.0)), axis=-1)
    truth = bend(grid, 8.0, 0.1, 6.0)
    noise = np.random.default_rng(3).normal(0, 0.4, truth.shape)
    nodes = truth + noise
    nodes[8:17, 10:18] = np.nan
    nodes[9:16, 13] = (truth + noise)[9:16, 13]
    surface = complete(Lattice(nodes))
    error = np.hypot(*np.moveaxis(surface.nodes - truth, -1, 0))
    assert error.max() < 0.2 * PITCH


def test_the_page_counts_and_not_the_clearer_tiles_beside_it() -> None:
    pixels = photograph(12.0, 0.1, 4.0)
    faint = 255 - (255 - pixels.astype(int)) // 2
    tiled = np.full((SIZE, SIZE + 420, 3), 120, np.uint8)
    tiled[:, :SIZE] = faint
    for at in range(0, SIZE + 420, 30):
        tiled[at : at + 3, SIZE:] = 10
        if at >= SIZE:
            tiled[:, at : at + 3] = 10
    lattice = follow_grid(darkness_maps(tiled).grid)
    assert lattice is not None
    assert np.nanmedian(lattice.nodes[..., 0]) < SIZE
    assert abs(lattice.rotation + 12.0) < 2.0


@pytest.mark.parametrize("hidden", [14, 44])
def test_the_grid_beyond_a_fold_is_numbered_on(hidden: int) -> None:
    pixels = photograph(0.0, 0.0, 0.0)
    fold, half_a_line = SIZE // 2 + 4, round(0.3 * PITCH)
    pixels[:, fold:] = np.roll(pixels[:, fold:], half_a_line, axis=0)
    pixels[:, fold - hidden : fold + hidden] = 230
    dark = darkness_maps(pixels).grid
    part = follow_grid(dark)
    assert part is not None
    x = part.nodes[part.found][:, 0]
    assert x.max() < fold or x.min() > fold
    whole = join_parts(dark, part)
    assert whole.found.sum() > 1.7 * part.found.sum()
    rows, columns = np.nonzero(whole.found)
    x, y = whole.nodes[whole.found].T
    y = y - half_a_line * (x > fold)
    assert np.ptp(x - PITCH * columns) < 0.2 * PITCH
    assert np.ptp(y - PITCH * rows) < 0.2 * PITCH


@pytest.mark.parametrize(("down", "is_grid"), [(24, True), (28, True), (36, False)])
def test_lines_that_are_much_farther_apart_one_way_are_no_grid(down: int, is_grid: bool) -> None:
    """As complexes of a page on its side, that were taken for its lines."""
    pixels = np.full((SIZE, SIZE, 3), 255, np.uint8)
    pixels[50:750:down, 50:750] = 90
    pixels[50:750, 50:750:24] = 90
    lattice = follow_grid(darkness_maps(pixels).grid)
    assert (lattice is not None) == is_grid


def test_nothing_is_joined_to_a_grid_that_is_whole() -> None:
    dark = darkness_maps(photograph(10.0, 0.1, 4.0)).grid
    lattice = follow_grid(dark)
    assert lattice is not None
    np.testing.assert_array_equal(join_parts(dark, lattice).nodes, lattice.nodes)


def test_a_lattice_of_one_row_is_left_as_it_is() -> None:
    x = np.arange(40.0, SIZE - 40, 10)
    lattice = Lattice(np.stack([x, np.full_like(x, SIZE / 2)], axis=-1)[None])
    dark = darkness_maps(photograph(10.0, 0.1, 4.0)).grid
    np.testing.assert_array_equal(join_parts(dark, lattice).nodes, lattice.nodes)


def test_a_dark_trace_does_not_hide_a_faint_grid_from_the_seeds() -> None:
    pixels = 255 - (255 - photograph(5.0, 0.05, 2.0).astype(int)) // 6
    x = np.arange(SIZE)
    for row in range(60, SIZE + 100, 70):
        y = np.clip(row - x // 6 - 20 * (x % 67 < 3), 1, SIZE - 2)
        for thick in (-1, 0, 1):
            pixels[y + thick, x] = 0
    seeds = find_seeds(darkness_maps(pixels.astype(np.uint8)).grid)
    right = np.array([seed.right for seed in seeds])
    assert len(seeds) > 12
    assert np.mean(np.abs(np.hypot(*right.T) / PITCH - 1) < 0.15) > 0.7


def creased(at: int) -> Floats:
    """Nodes, 20 pixels apart, of paper that turns by 6 degrees at a column."""
    rows, columns = np.mgrid[:30, :40].astype(float)
    down = np.maximum(columns - at, 0) * np.tan(np.deg2rad(6))
    return 20 * np.stack([columns, rows + down], axis=2)


def test_nodes_that_scatter_are_placed_by_their_neighbours() -> None:
    true = creased(20)
    scattered = true + np.random.default_rng(5).normal(0, 0.4, true.shape)
    surface = complete(Lattice(scattered))
    error = np.abs(surface.nodes - true)[3:-3, 3:-3]
    assert error.mean() < 0.5 * np.abs(scattered - true).mean()
    assert error.max() < np.abs(scattered - true).max()


def test_a_crease_is_kept() -> None:
    """A surface that is quadratic over seven nodes cuts it off by 0.8 pixels."""
    true = creased(20)
    surface = complete(Lattice(true))
    assert not surface.is_smooth
    assert np.abs(surface.nodes - true)[3:-3, 19:22].max() < 0.6
    assert complete(Lattice(creased(40))).is_smooth  # beyond its edge


@pytest.mark.parametrize("name", ["photos/ecg00009.jpeg", "real-scans/90007.webp"])
def test_a_flat_grid_of_fine_and_bold_lines_is_followed(data_dir: Path, name: str) -> None:
    """From a wrong seed a lattice of each other line, or of lines among traces, was followed."""
    reduced = reduce_photo(open_source(data_dir / name).pixels)
    lattice = reduced.lattice
    assert lattice is not None
    assert int(lattice.found.sum()) > 1000
    right, down = lattice.pitches
    assert right == pytest.approx(down, rel=0.01)
    assert not reduced.is_uneven
