"""Draws the paper and its millimetre grid."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.render.layout import Sheet
from training.render.spec import PageSpec

_PLOT_PAD_MM = 2.0


def draw_paper(spec: PageSpec, sheet: Sheet, origin: tuple[float, float]) -> Image.Image:
    """Draw paper and grid, RGB; ``origin`` is the distance of the first bold line from the edge."""
    size = (round(sheet.width * spec.px_per_mm), round(sheet.height * spec.px_per_mm))
    if spec.grid == "none":
        return Image.new("RGB", size, spec.paper)
    page = Image.new("RGB", size, spec.paper)
    ends = list(zip(size, origin, strict=True))
    thin = [_lines(n, spec.px_per_mm, o, 1.0, spec.grid_px[0]) for n, o in ends]
    thick = [_lines(n, spec.px_per_mm, o, 5.0, spec.grid_px[1]) for n, o in ends]
    if spec.grid == "lines":
        page.paste(spec.fine, mask=_mask(np.maximum.outer(thin[1], thin[0])))
    if spec.grid == "dots":
        # 1 mm dots, and twice as many of them along the 5 mm lines
        half = [_lines(n, spec.px_per_mm, o, 0.5, spec.grid_px[0]) for n, o in ends]
        page.paste(spec.fine, mask=_mask(np.minimum.outer(thin[1], thin[0])))
        page.paste(spec.bold, mask=_mask(np.minimum.outer(thick[1], half[0])))
        page.paste(spec.bold, mask=_mask(np.minimum.outer(half[1], thick[0])))
    else:
        page.paste(spec.bold, mask=_mask(np.maximum.outer(thick[1], thick[0])))
    return page if spec.grid_on == "page" else _only_plot(spec, sheet, page)


def _lines(
    length: int, pitch: float, origin: float, spacing: float, width: float
) -> NDArray[np.uint8]:
    """Coverage of each pixel by lines every ``spacing`` mm from ``origin`` mm on, 0 to 255."""
    step = spacing * pitch
    x = np.arange(length) - origin * pitch
    distance = np.abs((x + step / 2) % step - step / 2)
    cover = np.minimum(np.clip(width / 2 + 0.5 - distance, 0, 1), width)
    grey: NDArray[np.uint8] = np.round(255 * cover).astype(np.uint8)
    return grey


def _mask(cover: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(cover)


def _only_plot(spec: PageSpec, sheet: Sheet, page: Image.Image) -> Image.Image:
    """White outside the plot, as in reports exported by software."""
    left, top, right, bottom = sheet.plot
    pad = _PLOT_PAD_MM
    box = tuple(
        round(v * spec.px_per_mm) for v in (left - pad, top - pad, right + pad, bottom + pad)
    )
    box = (max(box[0], 0), max(box[1], 0), min(box[2], page.width), min(box[3], page.height))
    white = Image.new("RGB", page.size, (255, 255, 255))
    white.paste(page.crop(box), box[:2])
    return white
