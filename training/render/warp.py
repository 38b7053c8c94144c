"""Resamples a page through the map between sheet and picture."""

import numpy as np
from PIL import Image

from training.render.geometry import PATCH_PX, Matrix, PageMap, Points
from training.render.spec import Colour

Fill = float | tuple[float, ...]


def warp(
    page: Image.Image,
    matrix: Matrix,
    size: tuple[int, int],
    fill: Colour,
    resampling: Image.Resampling = Image.Resampling.BICUBIC,
) -> Image.Image:
    """Warp the page by ``matrix``; pixels outside the page become ``fill``."""
    if size == page.size and np.allclose(matrix, np.eye(3), atol=1e-9):
        return page
    return _through_plane(page, matrix, size, fill, resampling)


def warp_page(
    page: Image.Image, mapping: PageMap, px_per_mm: float, size: tuple[int, int], fill: Fill
) -> Image.Image:
    """A page of ``px_per_mm`` as the picture shows it, bilinear; ``fill`` lies around it."""
    if mapping.nodes is None:
        matrix = mapping.plane @ np.diag([1 / px_per_mm, 1 / px_per_mm, 1.0])
        return _through_plane(page, matrix, size, fill, Image.Resampling.BILINEAR)
    # A pixel's centre lies half a pixel from its edge, at which Pillow counts.
    return _through_mesh(page, mapping.nodes * px_per_mm + 0.5, size, fill)


def flatten(
    picture: Image.Image, mapping: PageMap, px_per_mm: float, size_mm: tuple[float, float]
) -> Image.Image:
    """The sheet of a picture lying flat, with ``px_per_mm``: the inverse of ``warp_page``."""
    size = (round(size_mm[0] * px_per_mm), round(size_mm[1] * px_per_mm))
    columns, rows = (-(-side // PATCH_PX) + 1 for side in size)
    y, x = np.mgrid[0:rows, 0:columns] * float(PATCH_PX) - 0.5
    points = mapping.to_picture(np.column_stack([x.ravel(), y.ravel()]) / px_per_mm)
    nodes = points.reshape(rows, columns, 2) + 0.5
    return _through_mesh(picture, nodes, size, 0)


def _through_plane(
    page: Image.Image,
    matrix: Matrix,
    size: tuple[int, int],
    fill: Fill,
    resampling: Image.Resampling,
) -> Image.Image:
    # Pillow samples the input at (x + 0.5, y + 0.5) of the output and counts pixel edges,
    # our coordinates count pixel centres: shift by half a pixel on both sides.
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    back = half @ np.linalg.inv(matrix) @ np.linalg.inv(half)
    back /= back[2, 2]
    return page.transform(
        size,
        Image.Transform.PERSPECTIVE,
        tuple(float(v) for v in back.ravel()[:8]),
        resampling,
        fillcolor=fill,
    )


def _through_mesh(
    page: Image.Image, nodes: Points, size: tuple[int, int], fill: Fill
) -> Image.Image:
    """Each patch of the output shows the quadrilateral of the page between four nodes."""
    rows, columns = nodes.shape[0] - 1, nodes.shape[1] - 1
    corners = [nodes[:-1, :-1], nodes[1:, :-1], nodes[1:, 1:], nodes[:-1, 1:]]
    quads = np.concatenate(corners, axis=2)
    low = np.minimum.reduce(corners)
    high = np.maximum.reduce(corners)
    shown = ((high > 0) & (low < page.size)).all(axis=2)
    mesh = [
        (
            (x * PATCH_PX, y * PATCH_PX, (x + 1) * PATCH_PX, (y + 1) * PATCH_PX),
            tuple(quads[y, x].tolist()),
        )
        for y, x in zip(*(at.tolist() for at in np.nonzero(shown)), strict=True)
        if y < rows and x < columns
    ]
    # Patches end on multiples of their side; what lies beyond the picture is cut off.
    whole = (columns * PATCH_PX, rows * PATCH_PX)
    moved = page.transform(
        whole, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR, fillcolor=fill
    )
    return moved.crop((0, 0, *size))
