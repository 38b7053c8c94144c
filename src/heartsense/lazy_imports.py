"""Packages whose names are imported on first use, so that a process loads only what it needs."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_names(package: str, modules: Mapping[str, tuple[str, ...]]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package that re-exports names of its modules.

    Parameters
    ----------
    package : str
        The package's name; its attributes are set as they are imported.
    modules : mapping of str to tuple of str
        The names that each module gives.

    Returns
    -------
    callable
        Returns the object of a name; AttributeError for any other name.
    """
    homes = {name: module for module, names in modules.items() for name in names}

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{homes[name]}"), name)
        setattr(import_module(package), name, value)
        return value

    return get
