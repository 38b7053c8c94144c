"""Draws the paper and its millimetre grid."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.render.layout import Sheet
from training.render.spec import Colour, PageSpec

_PLOT_PAD_MM = 2.0
_SCREEN_MM = 0.55
"""Period of a printer's halftone screen along the grid."""
_GAP_MM = 0.8
"""Size of the smallest gaps in a printed line."""

Cover = NDArray[np.uint8]


@dataclass(slots=True)
class Paper:
    """The paper with its grid, RGB, and the coverage of each pixel by the grid, mode L."""

    page: Image.Image
    grid: Image.Image

    def paste(self, colour: Colour, cover: Cover) -> None:
        mask = Image.fromarray(cover)
        self.page.paste(colour, mask=mask)
        self.grid.paste(255, mask=mask)


def draw_paper(spec: PageSpec, sheet: Sheet, origin: tuple[float, float]) -> Paper:
    """Draw paper and grid; ``origin`` is the distance in mm of a bold line from the edge."""
    size = (round(sheet.width * spec.px_per_mm), round(sheet.height * spec.px_per_mm))
    paper = Paper(Image.new("RGB", size, spec.paper), Image.new("L", size))
    if spec.grid == "none":
        return paper
    rng = np.random.default_rng([spec.seed, 1])
    ends = list(zip(size, origin, strict=True))
    thin = [_lines(n, spec.px_per_mm, o, 1.0, spec.grid_px[0]) for n, o in ends]
    thick = [_lines(n, spec.px_per_mm, o, 5.0, spec.grid_px[1]) for n, o in ends]
    if spec.grid_loss:
        thick = [_uneven(line, spec, o, rng) for line, (_, o) in zip(thick, ends, strict=True)]
    if spec.grid == "lines":
        fine = np.maximum.outer(thin[1], thin[0])
        if spec.halftone:
            fine = _screened(fine, spec)
        paper.paste(spec.fine, _worn(fine, spec, rng))
    if spec.grid == "dots":
        # 1 mm dots, and twice as many of them along the 5 mm lines
        half = [_lines(n, spec.px_per_mm, o, 0.5, spec.grid_px[0]) for n, o in ends]
        paper.paste(spec.fine, np.minimum.outer(thin[1], thin[0]))
        paper.paste(spec.bold, np.minimum.outer(thick[1], half[0]))
        paper.paste(spec.bold, np.minimum.outer(half[1], thick[0]))
    else:
        paper.paste(spec.bold, _worn(np.maximum.outer(thick[1], thick[0]), spec, rng))
    if spec.grid_on != "page":
        _keep(paper, _grid_box(spec, sheet, size))
    if spec.grid_on == "frame":
        paper.paste(spec.ink, _frame(spec, size))
    return paper


def _lines(length: int, pitch: float, origin: float, spacing: float, width: float) -> Cover:
    """Coverage of each pixel by lines every ``spacing`` mm from ``origin`` mm on, 0 to 255."""
    step = spacing * pitch
    x = np.arange(length) - origin * pitch
    distance = np.abs((x + step / 2) % step - step / 2)
    cover = np.minimum(np.clip(width / 2 + 0.5 - distance, 0, 1), width)
    grey: Cover = np.round(255 * cover).astype(np.uint8)
    return grey


def _uneven(line: Cover, spec: PageSpec, origin: float, rng: np.random.Generator) -> Cover:
    """The bold lines, some printed fainter than others."""
    step = 5 * spec.px_per_mm
    index = np.floor((np.arange(len(line)) - origin * spec.px_per_mm) / step + 0.5).astype(int)
    faint = 1 - rng.beta(0.6, 3.0, index.max() - index.min() + 1) * min(2 * spec.grid_loss, 1)
    return np.asarray(np.round(line * faint[index - index.min()]), dtype=np.uint8)


def _screened(cover: Cover, spec: PageSpec) -> Cover:
    """Fine lines as a printer makes a pale colour: dots, with white between them."""
    period = _SCREEN_MM * spec.px_per_mm
    waves = [np.cos(2 * np.pi * np.arange(n) / period).astype(np.float32) for n in cover.shape]
    # The product of two waves is high on a square lattice turned by 45 degrees.
    dots = np.multiply.outer(waves[0], waves[1])
    level = np.float32(np.cos(np.pi * (1 - spec.halftone)))
    ink = np.clip(0.5 + (dots - level) * period / 5, 0, 1)
    return np.asarray(np.round(cover * ink), dtype=np.uint8)


def _worn(cover: Cover, spec: PageSpec, rng: np.random.Generator) -> Cover:
    """Lines with gaps at random places."""
    if not spec.grid_loss:
        return cover
    return np.round(cover * wear(cover.shape, spec.px_per_mm, spec.grid_loss, rng)).astype(np.uint8)


def wear(
    shape: tuple[int, ...], px_per_mm: float, loss: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Ink that is left, 0 to 1, shape (height, width), where a share of ``loss`` is gone."""
    step = _GAP_MM * px_per_mm
    size = (round(shape[1] / step) + 2, round(shape[0] / step) + 2)
    fine = rng.random((size[1], size[0]), dtype=np.float32)
    coarse = rng.random((size[1] // 12 + 2, size[0] // 12 + 2), dtype=np.float32)
    wide = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    field = 0.6 * fine + 0.4 * np.asarray(wide)
    level = np.quantile(field, loss)
    left = np.clip(0.5 + (field - level) * 6, 0, 1).astype(np.float32)
    whole = Image.fromarray(left).resize((shape[1], shape[0]), Image.Resampling.BILINEAR)
    return np.asarray(whole)


def _grid_box(spec: PageSpec, sheet: Sheet, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Part of the page with a grid, in pixels: left, top, right, bottom."""
    if spec.grid_on == "frame":
        m = spec.frame_mm
        left, top, right, bottom = m, m, sheet.width - m, sheet.height - m
        pad = 0.0
    else:
        left, top, right, bottom = sheet.plot
        pad = _PLOT_PAD_MM
    mm = (left - pad, top - pad, right + pad, bottom + pad)
    x0, y0, x1, y1 = (round(v * spec.px_per_mm) for v in mm)
    return max(x0, 0), max(y0, 0), min(x1, size[0]), min(y1, size[1])


def _keep(paper: Paper, box: tuple[int, int, int, int]) -> None:
    """White outside the box, as in reports exported by software."""
    for name, blank in (("page", (255, 255, 255)), ("grid", 0)):
        whole = getattr(paper, name)
        empty = Image.new(whole.mode, whole.size, blank)
        empty.paste(whole.crop(box), box[:2])
        setattr(paper, name, empty)


def _frame(spec: PageSpec, size: tuple[int, int]) -> Cover:
    """A thin line around the grid."""
    cover = np.zeros((size[1], size[0]), np.uint8)
    margin = round(spec.frame_mm * spec.px_per_mm)
    width = max(1, round(0.15 * spec.px_per_mm))
    outer = slice(margin, size[1] - margin), slice(margin, size[0] - margin)
    cover[outer] = 200
    inner = slice(margin + width, size[1] - margin - width)
    cover[inner, margin + width : size[0] - margin - width] = 0
    return cover
