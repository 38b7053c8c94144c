"""Decode the bytes of an image or PDF to one page of RGB pixels, upright and opaque.

Modules are imported when they are first used: the process that decodes starts with this package
and must start fast.
"""

from typing import TYPE_CHECKING

from heartsense.images.limits import MAX_BYTES, MAX_PAGES, MAX_PIXELS, MAX_SIDE, MIN_SIDE
from heartsense.lazy_imports import lazy_names

if TYPE_CHECKING:
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

__getattr__ = lazy_names(
    __name__, {"page": ("Page", "open_page"), "sources": ("Source", "open_source")}
)
