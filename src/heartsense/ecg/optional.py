"""Libraries that only some uses of an ECG need."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def optional(library: str, purpose: str) -> Iterator[None]:
    """Say how to install a library when its import fails.

    Parameters
    ----------
    library : str
        As pip names it.
    purpose : str
        What needs it, as the beginning of a sentence.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        message = f"{purpose} needs {library}. Install it with: pip install {library}"
        raise ImportError(message, name=library) from error
