"""Overlays and heat maps drawn over the page."""

from heartsense.rendering.encoding import jpeg
from heartsense.rendering.heatmap import HeatTrace, draw_heatmap
from heartsense.rendering.html import html_card
from heartsense.rendering.overlay import BeatMark, draw_overlay

__all__ = ["BeatMark", "HeatTrace", "draw_heatmap", "draw_overlay", "html_card", "jpeg"]
