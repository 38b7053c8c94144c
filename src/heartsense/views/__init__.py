"""Standard 224x224 grey images of an ECG, the input of the image network."""

from heartsense.views.polyline import draw_polyline
from heartsense.views.standard import VIEW_SIZE, Panel, View, rhythm_lead, standard_views

__all__ = ["VIEW_SIZE", "Panel", "View", "draw_polyline", "rhythm_lead", "standard_views"]
