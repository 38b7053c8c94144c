"""Random page looks, as varied as those of real ECG printouts."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, TypeVar

import numpy as np

from training.render.random_distortion import (
    clean_distortion,
    photo_distortion,
    scan_distortion,
)
from training.render.random_print import random_marks, randomize_print
from training.render.spec import (
    Colour,
    Distortion,
    Grid,
    LabelPlacement,
    Legend,
    PageKind,
    PageSpec,
    Pulse,
    Separators,
)

_T = TypeVar("_T")

_PALETTES: Final[dict[str, tuple[Colour, Colour, Colour]]] = {
    "pink": ((255, 240, 243), (250, 205, 215), (240, 150, 170)),
    "rose": ((255, 225, 238), (250, 190, 212), (240, 130, 165)),
    "red": ((255, 250, 248), (252, 200, 195), (235, 110, 105)),
    "orange": ((255, 240, 228), (250, 210, 185), (235, 160, 115)),
    "blue-grey": ((236, 240, 246), (205, 214, 228), (150, 166, 192)),
    "green": ((244, 252, 242), (200, 230, 198), (130, 190, 130)),
    "grey": ((252, 252, 252), (218, 218, 218), (168, 168, 168)),
    "beige": ((232, 226, 214), (205, 196, 182), (165, 152, 138)),
    "white-black": ((255, 255, 255), (205, 205, 205), (110, 110, 110)),
}
_FONTS: Final = (
    "DejaVuSans.ttf",
    "DejaVuSans-Bold.ttf",
    "DejaVuSerif.ttf",
    "DejaVuSansMono.ttf",
    "STIXGeneral.ttf",
    "STIXGeneralBol.ttf",
    "default",
)
_INKS: Final = ((0, 0, 0), (20, 20, 25), (45, 45, 60), (20, 25, 80), (70, 70, 75))
_GRIDS: Final[tuple[Grid, ...]] = ("lines", "dots", "bold", "none")
_PULSES: Final[tuple[Pulse, ...]] = ("left", "right", "none")
_PLACES: Final[tuple[LabelPlacement, ...]] = ("above", "on", "below")
_LEGENDS: Final[tuple[Legend, ...]] = ("bottom", "top", "none")
_SEPARATORS: Final[tuple[Separators, ...]] = ("none", "ticks", "lines")
_LAYOUT_PROBABILITIES: Final = {
    "3x4": 0.15,
    "3x4+1": 0.30,
    "3x4+3": 0.12,
    "6x2": 0.10,
    "6x2+1": 0.10,
    "12x1": 0.12,
    "strip": 0.06,
    "beat": 0.05,
}
_ROW_HEIGHT_MM: Final = {
    "3x4": (26, 40),
    "3x4+1": (26, 40),
    "3x4+3": (20, 30),
    "6x2": (17, 28),
    "6x2+1": (17, 28),
    "12x1": (14, 22),
    "strip": (30, 55),
    "beat": (30, 50),
}
_PRINTED_SHARE: Final = 0.6
"""Share of office prints among scans and photos; the others are an ECG machine's paper."""
_DISTORTIONS: Final = {
    "clean": clean_distortion,
    "scan": scan_distortion,
    "photo": photo_distortion,
}


def random_spec(
    rng: np.random.Generator, page: PageKind = "clean", layout: str | None = None
) -> PageSpec:
    """Draw the look of a page at random.

    Parameters
    ----------
    rng : Generator
        The only source of randomness; the same state gives the same page.
    page : {"clean", "scan", "photo"}
        ``clean``: good scans, screen shots, PDF pages of an ECG machine; ``scan``: of office prints
        too, copied, grey or black and white; ``photo``: such pages taken with a phone.
    layout : str, optional
        One of ``LAYOUTS``; drawn at random when None.
    """
    if layout is None:
        layout = str(
            rng.choice(list(_LAYOUT_PROBABILITIES), p=list(_LAYOUT_PROBABILITIES.values()))
        )
    if page == "clean" and layout == "3x4+1" and rng.random() < 0.15:
        return _workstation_page(rng)
    spec = _randomize_scale(
        rng, _randomize_text(rng, _randomize_paper(rng, PageSpec(layout=layout)))
    )
    if page != "clean":
        if layout != "beat" and rng.random() < _PRINTED_SHARE:
            spec = randomize_print(rng, spec)
        spec = replace(spec, marks=random_marks(rng))
    distortion = _DISTORTIONS[page](rng)
    return replace(spec, distortion=distortion, seed=int(rng.integers(2**31)))


def strip_spec(
    rng: np.random.Generator, lead: str, seconds: float, page: PageKind = "clean"
) -> PageSpec:
    """Draw the look of a strip at random, but not its lead and length.

    Parameters
    ----------
    rng : Generator
        As for ``random_spec``.
    lead : str
        The lead shown; a recording of few leads has not every lead that ``random_spec`` draws.
    seconds : float
        How long the strip is.
    page : {"clean", "photo"}
        As for ``random_spec``.
    """
    return replace(random_spec(rng, page, "strip"), rhythm=(lead,), strip_seconds=seconds)


def _choose(rng: np.random.Generator, options: Sequence[_T], shares: Sequence[float]) -> _T:
    return options[int(rng.choice(len(options), p=shares))]


def _jitter(rng: np.random.Generator, colour: Colour, by: float = 6.0) -> Colour:
    r, g, b = (int(v) for v in np.clip(np.array(colour) + rng.normal(0, by, 3), 0, 255))
    return r, g, b


def _randomize_paper(rng: np.random.Generator, spec: PageSpec) -> PageSpec:
    paper, fine, bold = _PALETTES[str(rng.choice(list(_PALETTES)))]
    grid = _choose(rng, _GRIDS, [0.82, 0.08, 0.06, 0.04])
    if grid == "none" and spec.layout in ("strip", "beat"):
        grid = "lines"  # a small image without a grid has no scale
    if grid == "dots":
        fine = bold = (110, 100, 90)
    low, high = _ROW_HEIGHT_MM[spec.layout]
    pulse: Pulse = "left" if grid == "none" else _choose(rng, _PULSES, [0.6, 0.15, 0.25])
    return replace(
        spec,
        paper=_jitter(rng, paper),
        fine=_jitter(rng, fine),
        bold=_jitter(rng, bold),
        grid=grid,
        grid_on="plot" if rng.random() < 0.15 else "page",
        grid_px=(float(rng.uniform(0.7, 1.3)), float(rng.uniform(1.0, 2.2))),
        ink=_jitter(rng, _choose(rng, _INKS, [0.4, 0.25, 0.15, 0.1, 0.1]), 3.0),
        pulse=pulse,
        pulse_s=0.1 if rng.random() < 0.15 else 0.2,
        pulse_gap=float(rng.uniform(0.5, 4.0)) if rng.random() < 0.4 else 0.0,
        row_mm=float(rng.uniform(low, high)),
        margin=_random_margin(rng),
        offset_mm=float(rng.choice([0.0, 1.0, 2.5], p=[0.6, 0.25, 0.15])),
        highpass=float(rng.choice([0.05, 0.15, 0.5], p=[0.4, 0.3, 0.3])),
    )


def _random_margin(rng: np.random.Generator) -> tuple[float, float, float, float]:
    low, high = (0.5, 3.0) if rng.random() < 0.15 else (3.0, 14.0)  # some are cropped tightly
    left, top, right, bottom = (float(m) for m in rng.uniform(low, high, 4))
    return left, top, right, bottom


def _randomize_text(rng: np.random.Generator, spec: PageSpec) -> PageSpec:
    twelve = spec.layout not in ("strip", "beat")
    header = twelve and rng.random() < 0.4
    strips = int(spec.layout[-1]) if "+" in spec.layout else 1
    three = [("V1", "II", "V5"), ("II", "V1", "V5"), ("II", "V2", "V5")]
    one = ["II", "V1", "V5"] if twelve else ["II", "I", "V1", "V2", "V5", "aVF"]
    weights = [0.8, 0.15, 0.05] if twelve else [0.4, 0.15, 0.15, 0.1, 0.1, 0.1]
    return replace(
        spec,
        font=str(rng.choice(_FONTS)),
        label_mm=float(rng.uniform(2.4, 4.2)),
        label_place=_choose(rng, _PLACES, [0.5, 0.2, 0.3]),
        label_upper=bool(rng.random() < 0.1),
        labels=bool(twelve or rng.random() < 0.7),
        header=header,
        header_mm=float(rng.uniform(18, 32)) if header else 0.0,
        legend=_choose(rng, _LEGENDS, [0.6, 0.15, 0.25]),
        separators=_choose(rng, _SEPARATORS, [0.45, 0.4, 0.15]),
        joined=bool(rng.random() < 0.3),
        column_gap=float(rng.uniform(0.5, 3.0)) if rng.random() < 0.1 else 0.0,
        rhythm=three[int(rng.integers(3))] if strips == 3 else (str(rng.choice(one, p=weights)),),
        strip_seconds=float(rng.uniform(3.0, 10.0)) if spec.layout == "strip" else 10.0,
    )


def _randomize_scale(rng: np.random.Generator, spec: PageSpec) -> PageSpec:
    speed = 50.0 if rng.random() < 0.1 else 25.0
    gain = float(rng.choice([10.0, 5.0, 20.0], p=[0.86, 0.08, 0.06]))
    if spec.layout == "beat":
        spec = replace(spec, legend="none")  # wider than the image
    known = spec.pulse != "none" or spec.legend != "none"
    if not known:
        speed, gain = 25.0, 10.0  # such a page shows no other scale
    low, high = (3.5, 5.5) if speed == 50.0 else (3.6, 9.0)
    pitch = float(rng.uniform(low, high))
    if speed == 25.0 and rng.random() < 0.08:
        pitch = float(rng.uniform(9.0, 12.0))
    if spec.layout == "beat":
        speed = 25.0
    elif speed == 50.0 and spec.legend == "none":
        spec = replace(spec, legend="bottom")
    if gain == 20.0:
        spec = replace(spec, row_mm=spec.row_mm * 1.4)
    return replace(
        spec,
        speed=speed,
        gain=gain,
        px_per_mm=pitch,
        ink_px=float(np.clip(pitch * rng.uniform(0.22, 0.48), 1.1, 4.5)),
    )


def _workstation_page(rng: np.random.Generator) -> PageSpec:
    """A page like the exports of ECG management software: small, dotted grid, full separators."""
    return PageSpec(
        layout="3x4+1",
        px_per_mm=float(rng.uniform(3.5, 4.5)),
        paper=(253, 253, 253),
        fine=(208, 202, 196),
        bold=(160, 150, 142),
        grid="dots",
        ink=(0, 0, 0),
        ink_px=float(rng.uniform(1.2, 1.8)),
        font="STIXGeneral.ttf",
        label_mm=3.4,
        label_place="on",
        legend="none",
        pulse_s=0.09,
        pulse_gap=3.0,
        separators="lines",
        row_mm=float(rng.uniform(34, 40)),
        margin=(2.0, 4.0, 5.0, 6.0),
        highpass=0.5,
        distortion=Distortion(jpeg=int(rng.integers(80, 96))),
        seed=int(rng.integers(2**31)),
    )
