"""All kinds of pictures without an ECG, and one of them drawn by a seed."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.refusal import figures, paper, recordings, screens, textures
from training.render.distort import degrade
from training.render.geometry import homography
from training.render.spec import Distortion
from training.render.warp import warp

Draw = Callable[[np.random.Generator], Image.Image]

KINDS: Final[dict[str, Draw]] = {
    "line chart": figures.line_chart,
    "panels": figures.panels,
    "bar chart": figures.bar_chart,
    "stock chart": figures.stock_chart,
    "waves": figures.waves,
    "scatter": figures.scatter,
    "area chart": figures.area_chart,
    "chromatogram": figures.chromatogram,
    "seismogram": recordings.seismogram,
    "EEG": recordings.eeg,
    "sound": recordings.sound,
    "breath or pulse": recordings.breath,
    "logger": recordings.logger,
    "empty graph paper": paper.empty_graph_paper,
    "curve on graph paper": paper.curve_on_graph_paper,
    "text": paper.text_page,
    "table": paper.table,
    "music": paper.music,
    "map": paper.city_map,
    "terminal": screens.terminal,
    "windows": screens.windows,
    "web page": screens.web_page,
    "result page": screens.result_page,
    "noise": textures.noise,
    "scenery": textures.scenery,
    "surface": textures.surface,
    "objects": textures.objects,
    "code": textures.code,
}
"""Name and drawing function of each kind."""

PHOTOGRAPHED: Final = 0.4
"""Share of the pictures that are photographed or scanned askew, not saved as they are."""


def draw_picture(kind: str, seed: int) -> NDArray[np.uint8]:
    """Draw one picture; RGB, shape (height, width, 3).

    Parameters
    ----------
    kind : str
        A name in `KINDS`.
    seed : int
        The same seed gives the same picture.
    """
    rng = np.random.default_rng([seed, list(KINDS).index(kind)])
    image = KINDS[kind](rng)
    if rng.random() < PHOTOGRAPHED:
        image = _photographed(image, rng)
    return np.asarray(image.convert("RGB"))


def _photographed(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    distortion = Distortion(
        rotation=float(rng.normal(0, 1.5)),
        perspective=float(rng.uniform(0, 0.03)),
        gradient=float(rng.uniform(0, 0.3)),
        shadow=float(rng.uniform(0, 0.3)),
        blur=float(rng.uniform(0.3, 1.2)),
        noise=float(rng.uniform(0, 6)),
        jpeg=int(rng.integers(50, 95)),
    )
    matrix, size = homography(image.size, distortion, rng)
    return degrade(
        warp(image, matrix, size, (190, 185, 175)), distortion, rng, int(rng.integers(2**31))
    )
