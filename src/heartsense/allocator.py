"""glibc's memory allocator, set for large arrays that come and go."""

import ctypes
from typing import Final

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_LARGER_THAN_ANY: Final = 2**30
_LARGEST_OF_OLD: Final = 2**25
"""The most that glibc before 2.35 takes for the size from which memory is returned at once."""


def reuse_freed_memory() -> None:
    """Keep freed arrays of any size for the next ones, in the whole process.

    By default each array of many megabytes is returned to the kernel, which clears its pages anew
    for the next one: a tenth of the time of reading a photograph. For applications, which own their
    process; nothing happens under other C libraries. See mallopt(3).
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # musl, macOS, Windows
        return
    if not mallopt(_M_MMAP_THRESHOLD, _LARGER_THAN_ANY):
        mallopt(_M_MMAP_THRESHOLD, _LARGEST_OF_OLD)
    mallopt(_M_TRIM_THRESHOLD, _LARGER_THAN_ANY)
