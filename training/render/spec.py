"""The look of a page: layout, paper, grid, ink, text and distortion."""

from dataclasses import dataclass, field
from typing import Literal

Colour = tuple[int, int, int]
PageKind = Literal["clean", "photo"]
Grid = Literal["lines", "dots", "bold", "none"]
Pulse = Literal["left", "right", "none"]
LabelPlacement = Literal["above", "on", "below"]
Legend = Literal["bottom", "top", "none"]
Separators = Literal["none", "ticks", "lines"]


@dataclass(frozen=True, slots=True)
class Distortion:
    """Distortion of the printed page by a scanner or camera.

    Attributes
    ----------
    rotation : float
        Degrees, counter-clockwise positive.
    perspective : float
        Largest shift of a corner as a fraction of the page's size.
    crop : tuple of float
        Fractions cut off left, top, right and bottom.
    gradient, shadow : float
        Fractions of light that are lost.
    blur : float
        Sigma of a Gaussian in pixels.
    noise : float
        Standard deviation in grey levels.
    jpeg : int or None
        JPEG quality; None for a lossless file.
    grey : bool
        Convert to grey.
    """

    rotation: float = 0.0
    perspective: float = 0.0
    crop: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    gradient: float = 0.0
    shadow: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    jpeg: int | None = None
    grey: bool = False


@dataclass(frozen=True, slots=True)
class PageSpec:
    """One page: paper, grid, ink, text and distortion.

    Lengths are mm on paper unless the name says px; ``speed`` is mm/s, ``gain`` mm/mV.
    ``margin`` is left, top, right, bottom. ``fine`` and ``bold`` are the colours of the 1 mm and
    5 mm grid. ``rhythm`` names the leads of the rhythm strips; its first is the lead of a ``strip``
    or ``beat``. ``seed`` drives noise and offsets.
    """

    layout: str = "3x4+1"
    px_per_mm: float = 6.0
    speed: float = 25.0
    gain: float = 10.0
    paper: Colour = (255, 246, 246)
    fine: Colour = (250, 214, 214)
    bold: Colour = (240, 160, 160)
    grid: Grid = "lines"
    grid_on: Literal["page", "plot"] = "page"
    grid_px: tuple[float, float] = (1.0, 1.6)
    ink: Colour = (15, 15, 20)
    ink_px: float = 2.0
    font: str = "DejaVuSans.ttf"
    label_mm: float = 3.2
    label_place: LabelPlacement = "above"
    label_upper: bool = False
    labels: bool = True
    header: bool = False
    header_mm: float = 0.0
    legend: Legend = "bottom"
    pulse: Pulse = "left"
    pulse_s: float = 0.2
    pulse_gap: float = 0.0
    separators: Separators = "none"
    joined: bool = False
    rhythm: tuple[str, ...] = ("II",)
    row_mm: float = 30.0
    column_gap: float = 0.0
    offset_mm: float = 0.0
    margin: tuple[float, float, float, float] = (6.0, 6.0, 6.0, 8.0)
    strip_seconds: float = 10.0
    highpass: float = 0.05
    distortion: Distortion = field(default_factory=Distortion)
    seed: int = 0
