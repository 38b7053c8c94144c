"""The look of a page: layout, paper, grid, ink, text, marks and distortion."""

from dataclasses import dataclass, field
from typing import Literal

Colour = tuple[int, int, int]
PageKind = Literal["clean", "scan", "photo"]
Grid = Literal["lines", "dots", "bold", "none"]
GridExtent = Literal["page", "plot", "frame"]
Pulse = Literal["left", "right", "open", "none"]
LabelPlacement = Literal["above", "on", "below"]
Legend = Literal["bottom", "top", "apart", "none"]
Separators = Literal["none", "ticks", "lines", "bars"]
Header = Literal["machine", "study"]
Background = Literal["plain", "wood", "dark", "cloth", "tiles", "papers"]


@dataclass(frozen=True, slots=True)
class Relief:
    """How far from flat the sheet lies; heights in mm.

    Attributes
    ----------
    curl : float
        Height of a smooth bend, and of corners that rise.
    folds : int
        Sharp folds from edge to edge, opened again.
    fold_slope : float
        Rise of the paper beside a fold, mm for one mm.
    crumple : float
        Height of many short creases.
    light : float
        Elevation of the light above the sheet in degrees: the lower, the darker the shaded side.
    """

    curl: float = 0.0
    folds: int = 0
    fold_slope: float = 0.1
    crumple: float = 0.0
    light: float = 50.0

    @property
    def flat(self) -> bool:
        """Whether the sheet lies flat."""
        return not (self.curl or self.folds or self.crumple)


@dataclass(frozen=True, slots=True)
class Distortion:
    """Distortion of the printed page by a scanner or camera.

    Attributes
    ----------
    rotation : float
        Degrees, counter-clockwise positive.
    perspective : float
        Largest shift of a corner as a fraction of the page's size.
    tilt, tilt_axis : float
        Degrees between the camera's axis and the sheet's normal, and the direction about which
        it is tilted.
    distance : float
        Of the camera, in diagonals of the sheet; counts with ``tilt`` or ``relief``.
    crop : tuple of float
        Fractions cut off left, top, right and bottom; negative ones show what is around.
    relief : Relief
    background : str
        What the sheet lies on.
    fingers : int
        Fingers that hold the sheet at its edge.
    gradient, shadow : float
        Fractions of light that are lost.
    cast : float
        Strength of the coloured light.
    blur : float
        Sigma of a Gaussian in pixels.
    motion : float
        Length of the motion blur in pixels.
    sharpen : float
        Strength of the camera's sharpening.
    moire : float
        Contrast of the interference between the pixels of a screen and of the camera.
    noise : float
        Standard deviation in grey levels.
    copies : int
        How often the page was photocopied: each time blurred, speckled, of more contrast.
    threshold : float or None
        Grey level, relative to the paper's, at which the page is cut to black and white.
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
    tilt: float = 0.0
    tilt_axis: float = 0.0
    distance: float = 1.6
    relief: Relief = field(default_factory=Relief)
    background: Background = "plain"
    fingers: int = 0
    cast: float = 0.0
    motion: float = 0.0
    sharpen: float = 0.0
    moire: float = 0.0
    copies: int = 0
    threshold: float | None = None

    @property
    def in_space(self) -> bool:
        """Whether a camera looks at a sheet in space, not a scanner at a plane."""
        return bool(self.tilt) or not self.relief.flat


@dataclass(frozen=True, slots=True)
class Marks:
    """What was added to the page after it was printed.

    Attributes
    ----------
    handwriting : int
        Words written by hand.
    stamps, stains : int
    pen : Colour
        Of the handwriting and the stamps.
    """

    handwriting: int = 0
    stamps: int = 0
    stains: int = 0
    pen: Colour = (30, 40, 120)

    @property
    def any(self) -> bool:
        """Whether there is anything to draw."""
        return bool(self.handwriting or self.stamps or self.stains)


@dataclass(frozen=True, slots=True)
class PageSpec:
    """One page: paper, grid, ink, text, marks and distortion.

    Lengths are mm on paper unless the name says px; ``speed`` is mm/s, ``gain`` mm/mV.
    ``margin`` is left, top, right, bottom. ``fine`` and ``bold`` are the colours of the 1 mm and
    5 mm grid. ``rhythm`` names the leads of the rhythm strips; its first is the lead of a ``strip``
    or ``beat``. ``seed`` drives noise and offsets.

    ``sheet_mm`` is the size of a sheet that is larger than what is printed on it, else None.
    ``frame_mm`` is the margin around the grid where ``grid_on`` is ``frame``. ``halftone`` is the
    share of a fine line that the printer's dots leave white, ``grid_loss`` the share of all lines
    that is lost in gaps, ``ink_loss`` that of the ink. ``skew`` is the angle in degrees between
    what is printed and the grid, counter-clockwise positive.
    """

    layout: str = "3x4+1"
    px_per_mm: float = 6.0
    speed: float = 25.0
    gain: float = 10.0
    paper: Colour = (255, 246, 246)
    fine: Colour = (250, 214, 214)
    bold: Colour = (240, 160, 160)
    grid: Grid = "lines"
    grid_on: GridExtent = "page"
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
    sheet_mm: tuple[float, float] | None = None
    frame_mm: float = 5.0
    halftone: float = 0.0
    grid_loss: float = 0.0
    ink_loss: float = 0.0
    skew: float = 0.0
    header_style: Header = "machine"
    marks: Marks = field(default_factory=Marks)
