"""ECG -> standard 224x224 grey pictures, and the one line drawing routine."""

from heartsense.views.polyline import draw_polyline
from heartsense.views.standard import SIDE, Panel, View, rhythm_lead, standard_views

__all__ = ["SIDE", "Panel", "View", "draw_polyline", "rhythm_lead", "standard_views"]
