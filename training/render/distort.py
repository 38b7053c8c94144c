"""Distortion of a printed page: perspective, light, blur, noise, compression."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

from training.render.spec import Colour, Distortion

Matrix = NDArray[np.float64]


def homography(
    size: tuple[int, int], distortion: Distortion, rng: np.random.Generator
) -> tuple[Matrix, tuple[int, int]]:
    """The 3x3 homography from page pixels to image pixels, and the image's width and height."""
    width, height = size
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float) - 0.5
    angle = np.deg2rad(distortion.rotation)
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    moved = (corners - corners.mean(axis=0)) @ rotation.T
    moved += distortion.perspective * rng.uniform(-1, 1, (4, 2)) * (width, height)
    low, span = moved.min(axis=0), np.ptp(moved, axis=0)
    left, top, right, bottom = distortion.crop
    low = low + span * (left, top)
    span = span * (1 - left - right, 1 - top - bottom)
    out = (max(round(span[0]), 1), max(round(span[1]), 1))
    return _from_corners(corners, moved - low - 0.5), out


def _from_corners(before: Matrix, after: Matrix) -> Matrix:
    """The homography that maps four points to four others (direct linear transform)."""
    rows, right = [], []
    for (x, y), (u, v) in zip(before, after, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    h = np.linalg.solve(np.array(rows), np.array(right))
    return np.append(h, 1.0).reshape(3, 3)


def transform_points(points: NDArray[np.float32], matrix: Matrix) -> NDArray[np.float32]:
    """Map page pixels, shape (n, 2), to image pixels."""
    h = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return (h[:, :2] / h[:, 2:]).astype(np.float32)


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


def degrade(page: Image.Image, distortion: Distortion, rng: np.random.Generator) -> Image.Image:
    """Apply light, blur, noise and compression, in the order of a scanner or camera."""
    if distortion.gradient or distortion.shadow:
        light = _illumination(page.size, distortion, rng)
        page = ImageChops.multiply(page, Image.merge("RGB", (light, light, light)))
    if distortion.blur:
        page = page.filter(ImageFilter.GaussianBlur(distortion.blur))
    if distortion.noise:
        page = _add_noise(page, distortion.noise, rng)
    if distortion.grey:
        page = page.convert("L").convert("RGB")
    if distortion.jpeg is not None:
        file = io.BytesIO()
        page.save(file, "JPEG", quality=distortion.jpeg)
        page = Image.open(file).convert("RGB")
    return page


def _illumination(
    size: tuple[int, int], distortion: Distortion, rng: np.random.Generator
) -> Image.Image:
    """Illumination of each pixel, mode L: a gradient and a soft-edged shadow."""
    y, x = np.mgrid[-1:1:48j, -1:1:64j]
    angle = rng.uniform(0, 2 * np.pi)
    slope = (x * np.cos(angle) + y * np.sin(angle)) / np.sqrt(2)
    light = 1 - distortion.gradient * (slope + 1) / 2
    if distortion.shadow:
        shadow_angle = rng.uniform(0, 2 * np.pi)
        edge = x * np.cos(shadow_angle) + y * np.sin(shadow_angle) - rng.uniform(-0.6, 0.6)
        light = light * (1 - distortion.shadow / (1 + np.exp(-edge / rng.uniform(0.03, 0.2))))
    small = Image.fromarray(np.round(255 * light).astype(np.uint8))
    return small.resize(size, Image.Resampling.BICUBIC)


def _add_noise(page: Image.Image, sigma: float, rng: np.random.Generator) -> Image.Image:
    """Add Gaussian noise, the same in all three channels."""
    pixels = np.asarray(page).astype(np.int16)
    noise = rng.standard_normal(pixels.shape[:2], dtype=np.float32) * sigma
    pixels += np.round(noise).astype(np.int16)[:, :, None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
