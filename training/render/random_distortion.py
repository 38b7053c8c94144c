"""Random distortions of pages: clean files, office scans and phone photos."""

from typing import Final

import numpy as np

from training.render.spec import Background, Distortion, Relief

_BACKGROUNDS: Final[dict[Background, float]] = {
    "wood": 0.42,
    "dark": 0.12,
    "cloth": 0.14,
    "plain": 0.14,
    "tiles": 0.1,
    "papers": 0.08,
}
MAX_TILT: Final = 30.0


def clean_distortion(rng: np.random.Generator) -> Distortion:
    """Good scans, screen shots, exported files."""
    draw = rng.random()
    rotation = 0.0 if draw < 0.45 else rng.normal(0, 0.6) if draw < 0.75 else rng.uniform(-5, 5)
    return Distortion(
        rotation=float(np.clip(rotation, -5, 5)),
        gradient=float(rng.uniform(0, 0.08)) if rng.random() < 0.3 else 0.0,
        blur=float(rng.uniform(0.3, 0.9)) if rng.random() < 0.5 else 0.0,
        noise=float(rng.uniform(1, 6)) if rng.random() < 0.5 else 0.0,
        jpeg=int(rng.integers(60, 96)) if rng.random() < 0.7 else None,
        grey=bool(rng.random() < 0.12),
    )


def scan_distortion(rng: np.random.Generator) -> Distortion:
    """Office scans and copies: skewed, grey or black and white, with cut edges."""
    copies = int(rng.integers(1, 3)) if rng.random() < 0.25 else 0
    cut = rng.random() < 0.25
    return Distortion(
        rotation=float(np.clip(rng.normal(0, 0.9), -4, 4)) if rng.random() < 0.75 else 0.0,
        crop=_crop(rng, -0.02, 0.012 if rng.random() < 0.4 else 0.0),
        gradient=float(rng.uniform(0, 0.12)) if rng.random() < 0.4 else 0.0,
        blur=float(rng.uniform(0.3, 0.8)) if rng.random() < 0.8 else 0.0,
        noise=float(rng.uniform(1, 5)) if rng.random() < 0.7 else 0.0,
        copies=copies,
        threshold=float(rng.uniform(0.5, 0.85)) if cut else None,
        jpeg=int(rng.integers(55, 95)) if rng.random() < 0.7 else None,
        grey=bool(rng.random() < 0.4),
    )


def photo_distortion(rng: np.random.Generator) -> Distortion:
    """Phone photos of a sheet on a table."""
    some = rng.random(8)
    return Distortion(
        rotation=_photo_rotation(rng),
        tilt=float(min(abs(rng.normal(0, 13)), MAX_TILT)) + 0.01,
        tilt_axis=float(rng.uniform(0, 360)),
        distance=float(rng.uniform(1.2, 2.3)),
        crop=_crop(rng, -0.13, 0.04 if some[0] < 0.25 else 0.0),
        relief=_relief(rng),
        background=list(_BACKGROUNDS)[int(rng.choice(6, p=list(_BACKGROUNDS.values())))],
        fingers=int(rng.integers(1, 3)) if some[1] < 0.12 else 0,
        gradient=float(rng.uniform(0.05, 0.35)),
        shadow=float(rng.uniform(0.1, 0.4)) if some[2] < 0.4 else 0.0,
        cast=float(rng.uniform(0.3, 1.2)) if some[3] < 0.8 else 0.0,
        blur=float(rng.uniform(0.3, 1.1)),
        motion=float(rng.uniform(1, 4)) if some[4] < 0.12 else 0.0,
        sharpen=float(rng.uniform(0.4, 1.6)) if some[5] < 0.6 else 0.0,
        moire=float(rng.uniform(0.03, 0.12)) if some[6] < 0.06 else 0.0,
        noise=float(rng.uniform(1.5, 8)),
        jpeg=int(rng.integers(40, 93)),
    )


def _photo_rotation(rng: np.random.Generator) -> float:
    """Mostly nearly upright, sometimes well turned, seldom on its side or head."""
    draw = rng.random()
    if draw < 0.06:
        return float(rng.uniform(0, 360))
    upright = float(rng.choice([90, 180, 270])) if draw < 0.12 else 0.0
    return upright + float(rng.normal(0, 4 if draw < 0.7 else 16))


def _crop(rng: np.random.Generator, around: float, cut: float) -> tuple[float, float, float, float]:
    """Shares cut off at the four sides; below 0 the picture shows what is around."""
    left, top, right, bottom = (float(v) for v in rng.uniform(around, cut, 4))
    return left, top, right, bottom


def _relief(rng: np.random.Generator) -> Relief:
    """Three of four sheets curl, are folded or crumpled."""
    curled, folded, crumpled = rng.random(3) < (0.6, 0.4, 0.3)
    return Relief(
        curl=float(rng.uniform(1, 8)) if curled else 0.0,
        folds=int(rng.integers(1, 4)) if folded else 0,
        fold_slope=float(rng.uniform(0.04, 0.22)),
        crumple=float(rng.uniform(0.8, 3.5)) if crumpled else 0.0,
        light=float(rng.uniform(25, 65)),
    )
