"""Takes the picture of a printed page: with a scanner, or with a camera over a table."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.render.background import draw_background
from training.render.distort import degrade
from training.render.geometry import PageMap, camera, homography, plane_of, transform_points
from training.render.layout import Sheet
from training.render.marks import draw_fingers
from training.render.relief import bent_map, random_surface, shade_sheet
from training.render.spec import Colour, PageSpec
from training.render.warp import warp, warp_page

_AT_ONCE: Final = 4
"""Masks that one resampling moves, as the channels of one image."""

Layers = dict[str, Image.Image]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a page.

    Attributes
    ----------
    image : Image
        RGB.
    map : PageMap
        From the picture to the sheet and back.
    page_px : float
        Scale of the page, in pixels per mm.
    covered : Image or None
        What fingers hide of the sheet, mode L.
    masks : dict of Image
        The page's masks as the picture shows them, mode L.
    """

    image: Image.Image
    map: PageMap
    page_px: float
    covered: Image.Image | None
    masks: Layers

    def points(self, page: NDArray[np.float32]) -> NDArray[np.float32]:
        """Page pixels, shape (n, 2), to picture pixels."""
        if self.map.nodes is None:
            scale = np.diag([1 / self.page_px, 1 / self.page_px, 1.0])
            return transform_points(page, self.map.plane @ scale)
        return self.map.to_picture(page / self.page_px).astype(np.float32)


def take_picture(
    page: Image.Image, layers: Layers, spec: PageSpec, sheet: Sheet, rng: np.random.Generator
) -> Picture:
    """Distort a page as ``spec.distortion`` says; ``layers`` are masks to move with it."""
    matrix, size = homography(page.size, spec.distortion, rng)
    if spec.distortion.in_space:
        return _photograph(page, layers, spec, sheet, rng)
    image = warp(page, matrix, size, _background_colour(spec), _resampling(spec))
    image = degrade(image, spec.distortion, rng, spec.seed)
    mapping = PageMap(matrix @ np.diag([spec.px_per_mm, spec.px_per_mm, 1.0]))
    masks = _move_layers(layers, mapping, spec.px_per_mm, size)
    if masks:
        masks["covered"] = Image.new("L", size)
    return Picture(image, mapping, spec.px_per_mm, None, masks)


def _photograph(
    page: Image.Image, layers: Layers, spec: PageSpec, sheet: Sheet, rng: np.random.Generator
) -> Picture:
    """A sheet on a table, seen by a camera."""
    own = np.random.default_rng([spec.seed, 5])
    size_mm = (page.width / spec.px_per_mm, page.height / spec.px_per_mm)
    projection, size = camera(size_mm, spec.px_per_mm, spec.distortion)
    if spec.distortion.relief.flat:
        mapping = PageMap(plane_of(projection))
    else:
        surface = random_surface(size_mm, spec.distortion.relief, own)
        mapping = bent_map(surface, projection, size)
        page = shade_sheet(page, surface, size_mm)
    masks = _move_layers(layers, mapping, spec.px_per_mm, size)
    # CMYK is the mode of four channels of which none is an opacity: one resampling for all.
    packed = Image.merge("CMYK", (*page.split(), Image.new("L", page.size, 255)))
    *colours, paper = warp_page(packed, mapping, spec.px_per_mm, size, (0, 0, 0, 0)).split()
    table = draw_background(spec.distortion.background, size, _table_colour(own), own)
    table = _contact_shadow(table, paper, spec.px_per_mm, own)
    image = Image.composite(Image.merge("RGB", colours), table, paper)
    covered = None
    if spec.distortion.fingers:
        image, covered = draw_fingers(image, paper, spec.px_per_mm, spec.distortion.fingers, own)
    if masks:
        masks["covered"] = covered or Image.new("L", size)
        for kind in set(masks) - {"covered"}:
            masks[kind].paste(0, mask=masks["covered"])
    image = degrade(image, spec.distortion, rng, spec.seed)
    return Picture(image, mapping, spec.px_per_mm, covered, masks)


def _move_layers(
    layers: Layers, mapping: PageMap, px_per_mm: float, size: tuple[int, int]
) -> Layers:
    """Masks of the page as the picture shows them, and that of the paper."""
    if not layers:
        return {}
    first = next(iter(layers.values()))
    everything = {**layers, "paper": Image.new("L", first.size, 255)}
    names = list(everything)
    moved: Layers = {}
    for at in range(0, len(names), _AT_ONCE):
        some = names[at : at + _AT_ONCE]
        channels = [everything[name] for name in some]
        channels += [channels[0]] * (_AT_ONCE - len(channels))
        packed = Image.merge("CMYK", channels)
        warped = warp_page(packed, mapping, px_per_mm, size, (0, 0, 0, 0))
        moved |= dict(zip(some, warped.split(), strict=False))
    return moved


def _contact_shadow(
    table: Image.Image, paper: Image.Image, px_per_mm: float, rng: np.random.Generator
) -> Image.Image:
    """The shadow of the sheet on the table beside it."""
    small = paper.resize((paper.width // 8 + 1, paper.height // 8 + 1), Image.Resampling.BOX)
    wide = np.asarray(small, np.float32) / 255
    for axis in (0, 1):
        shift = round(rng.uniform(-3, 3) * px_per_mm / 8)
        wide = (wide + np.roll(wide, shift, axis) + np.roll(wide, 2 * shift, axis)) / 3
    dark = Image.fromarray((255 * (1 - 0.5 * wide)).astype(np.uint8))
    light = dark.resize(table.size, Image.Resampling.BICUBIC)
    return Image.composite(table, Image.new("RGB", table.size), light)


def _resampling(spec: PageSpec) -> Image.Resampling:
    # Bilinear is enough before a blur, and takes 40 % of the time.
    return Image.Resampling.BILINEAR if spec.distortion.blur else Image.Resampling.BICUBIC


def _table_colour(rng: np.random.Generator) -> Colour:
    """A random plain colour."""
    r, g, b = np.clip(rng.uniform(30, 210) + rng.normal(0, 20, 3), 0, 255).round().astype(int)
    return int(r), int(g), int(b)


def _background_colour(spec: PageSpec) -> Colour:
    """Colour around the page: the white lid of a scanner, or a random table under a phone."""
    if spec.distortion.perspective:
        return _table_colour(np.random.default_rng(spec.seed + 1))
    return (255, 255, 255)
