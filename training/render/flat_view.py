"""The flat sheet of a photographed page, by its true map or by one that errs a little."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.render.geometry import PageMap
from training.render.page import Mask, RenderedPage
from training.render.warp import flatten


@dataclass(frozen=True, slots=True)
class FlatView:
    """A picture flattened to the sheet; a pixel's x and y are mm times ``px_per_mm``.

    Attributes
    ----------
    pixels : uint8 array, shape (height, width, 3)
    masks : dict of uint8 arrays, shape (height, width)
        Those of the page.
    px_per_mm : float
    """

    pixels: NDArray[np.uint8]
    masks: dict[str, Mask]
    px_per_mm: float


def flat_view(page: RenderedPage, px_per_mm: float, mapping: PageMap | None = None) -> FlatView:
    """Flatten a rendered page, and its masks if it has any.

    Parameters
    ----------
    page : RenderedPage
    px_per_mm : float
        Scale of the flat sheet.
    mapping : PageMap, optional
        Another map than the page's own, to see what a wrong one does.
    """
    mapping = mapping or page.map
    size = (page.sheet.width, page.sheet.height)
    flat = flatten(Image.fromarray(page.pixels), mapping, px_per_mm, size)
    masks = {
        kind: np.asarray(flatten(Image.fromarray(mask), mapping, px_per_mm, size))
        for kind, mask in page.masks.items()
    }
    return FlatView(np.asarray(flat), masks, px_per_mm)
