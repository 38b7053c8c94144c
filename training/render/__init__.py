"""Renders records on pages like those of ECG machines, with the ground truth in pixels."""

from training.render.layout import LAYOUTS
from training.render.page import MASKS, RenderedPage, render_page
from training.render.random_spec import random_spec, strip_spec
from training.render.spec import Distortion, PageSpec

__all__ = [
    "LAYOUTS",
    "MASKS",
    "Distortion",
    "PageSpec",
    "RenderedPage",
    "random_spec",
    "render_page",
    "strip_spec",
]
