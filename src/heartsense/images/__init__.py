"""Decode the bytes of an image or PDF to one page of RGB pixels, upright and opaque."""

from heartsense.images.limits import MAX_BYTES, MAX_PAGES, MAX_PIXELS, MAX_SIDE, MIN_SIDE
from heartsense.images.page import Page, open_page
from heartsense.images.sources import Source, open_source

__all__ = [
    "MAX_BYTES",
    "MAX_PAGES",
    "MAX_PIXELS",
    "MAX_SIDE",
    "MIN_SIDE",
    "Page",
    "Source",
    "open_page",
    "open_source",
]
