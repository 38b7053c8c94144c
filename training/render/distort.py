"""What a scanner or a camera does to a page: light, blur, noise, compression."""

import io
from typing import Final

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from training.render.spec import Distortion

_WARM: Final = np.array([0.04, 0.0, -0.1])
"""Change of red, green and blue in warm light; the opposite in daylight."""


def degrade(
    page: Image.Image, distortion: Distortion, rng: np.random.Generator, seed: int
) -> Image.Image:
    """Apply light, blur, noise and compression, in the order of a scanner or camera.

    ``rng`` drives light and noise, ``seed`` the rest.
    """
    own = np.random.default_rng([seed, 2])
    if distortion.gradient or distortion.shadow:
        light = _illumination(page.size, distortion, rng)
        page = ImageChops.multiply(page, Image.merge("RGB", (light, light, light)))
    if distortion.cast:
        page = _colour_light(page, distortion.cast, own)
    if distortion.moire:
        page = _interfere(page, distortion.moire, own)
    if distortion.blur:
        page = page.filter(ImageFilter.GaussianBlur(distortion.blur))
    if distortion.motion:
        page = _move(page, distortion.motion, own)
    if distortion.noise:
        page = _add_noise(page, distortion.noise, rng)
    if distortion.sharpen:
        soft = page.filter(ImageFilter.BoxBlur(1.5))
        page = Image.blend(soft, page, 1 + distortion.sharpen)
    if distortion.grey:
        page = page.convert("L").convert("RGB")
    for _ in range(distortion.copies):
        page = _copy(page, own)
    if distortion.threshold is not None:
        page = _cut(page, distortion.threshold)
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


def _colour_light(page: Image.Image, strength: float, rng: np.random.Generator) -> Image.Image:
    """Lamps and daylight: warm on one side, cold on the other, and with the edge of a beam."""
    y, x = np.mgrid[-1:1:48j, -1:1:64j]
    angle = rng.uniform(0, 2 * np.pi)
    warmth = rng.normal(0, 0.5) + (x * np.cos(angle) + y * np.sin(angle)) * rng.uniform(0, 1)
    if rng.random() < 0.4:
        beam = rng.uniform(0, 2 * np.pi)
        edge = x * np.cos(beam) + y * np.sin(beam) - rng.uniform(-0.5, 0.5)
        warmth = warmth - 1.2 / (1 + np.exp(-edge / rng.uniform(0.01, 0.1)))
    light = 1 + strength * warmth[:, :, None] * _WARM
    light = np.clip(light / max(float(light.mean()), 1.0), 0, 1)
    small = Image.fromarray(np.round(255 * light).astype(np.uint8))
    return ImageChops.multiply(page, small.resize(page.size, Image.Resampling.BICUBIC))


def _interfere(page: Image.Image, contrast: float, rng: np.random.Generator) -> Image.Image:
    """Moire: the pixels of a screen beat with those of the camera, each colour shifted."""
    width, height = page.size
    small = (width // 2 + 1, height // 2 + 1)
    y, x = np.mgrid[0 : small[1], 0 : small[0]].astype(np.float32) * 2
    period, angle = rng.uniform(5, 40), rng.uniform(0, np.pi)
    bend = rng.uniform(0, 3) * np.sin(2 * np.pi * (x / width + rng.random()) * rng.uniform(0.5, 2))
    phase = 2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period + bend.astype(np.float32)
    waves = np.stack([np.cos(phase + shift) for shift in (0.0, 2.1, 4.2)], axis=2)
    lines = 1 + 0.3 * contrast * np.cos(np.pi * y / rng.uniform(1.1, 1.5))[:, :, None]
    light = np.clip(lines * (1 + contrast * waves) / (1 + contrast), 0, 1)
    screen = Image.fromarray((255 * light).astype(np.uint8))
    return ImageChops.multiply(page, screen.resize(page.size, Image.Resampling.BILINEAR))


def _move(page: Image.Image, length: float, rng: np.random.Generator) -> Image.Image:
    """Blur along a line of ``length`` pixels, as of a moved camera."""
    angle = rng.uniform(0, np.pi)
    steps = max(2, round(length) + 1)
    total = page
    for step in range(1, steps):
        at = length * (step / (steps - 1) - 0.5)
        dx, dy = round(at * np.cos(angle)), round(at * np.sin(angle))
        total = Image.blend(total, ImageChops.offset(page, dx, dy), 1 / (step + 1))
    return total


def _copy(page: Image.Image, rng: np.random.Generator) -> Image.Image:
    """One photocopy: a little blurred, of more contrast, with specks of toner."""
    grey = page.convert("L").filter(ImageFilter.GaussianBlur(float(rng.uniform(0.4, 0.8))))
    low, high = rng.uniform(20, 70), rng.uniform(200, 245)
    curve = np.clip((np.arange(256) - low) / (high - low), 0, 1) * 255
    copied = np.asarray(grey.point(curve.round().astype(int).tolist())).copy()
    specks = rng.integers(0, copied.size, round(copied.size * rng.uniform(0, 3e-4)))
    copied.ravel()[specks] = rng.integers(0, 120, len(specks))
    return Image.fromarray(copied).convert("RGB")


def _cut(page: Image.Image, threshold: float) -> Image.Image:
    """Black and white: black below ``threshold`` times the level of the paper."""
    grey = page.convert("L")
    level = threshold * float(np.percentile(np.asarray(grey)[::7, ::7], 80))
    return grey.point([0 if v < level else 255 for v in range(256)]).convert("RGB")
