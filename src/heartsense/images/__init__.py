"""Decode the bytes of an image or PDF to one page of RGB pixels, upright and opaque.

Modules are imported when they are first used: the process that decodes starts with this package
and must start fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from heartsense.images.limits import MAX_BYTES, MAX_PAGES, MAX_PIXELS, MAX_SIDE, MIN_SIDE

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

_HOME = {"Page": "page", "open_page": "page", "Source": "sources", "open_source": "sources"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
