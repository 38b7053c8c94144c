"""Log fields for unexpected errors."""

from typing import Any

_MAX_FRAMES = 5


def describe(error: BaseException) -> dict[str, Any]:
    """The type and the place of an error, without its message, which may quote user input."""
    return {"error_type": type(error).__name__, "trace": _trace(error)}


def _trace(error: BaseException) -> list[str]:
    """The innermost frames as ``file:line function``."""
    frames = []
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        frames.append(f"{code.co_filename}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return frames[-_MAX_FRAMES:]
