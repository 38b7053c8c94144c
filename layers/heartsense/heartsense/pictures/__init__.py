"""Overlays and heat-maps drawn over the page."""

from heartsense.pictures.heat import HeatTrace, draw_heatmap
from heartsense.pictures.overlay import draw_overlay

__all__ = ["HeatTrace", "draw_heatmap", "draw_overlay"]
