"""Pages like those of ECG machines, drawn from records, with the truth for every pixel."""

from training.render.layout import LAYOUTS
from training.render.page import RenderedPage, render_page
from training.render.spec import Distortion, PageSpec, random_spec

__all__ = ["LAYOUTS", "Distortion", "PageSpec", "RenderedPage", "random_spec", "render_page"]
