"""What a log may hold of an unexpected error."""

from typing import Any


def describe(error: BaseException) -> dict[str, Any]:
    """Its type and place, not its text: a message may quote what the user sent."""
    return {"error_type": type(error).__name__, "trace": _trace(error)}


def _trace(error: BaseException) -> list[str]:
    """The last files, lines and functions on the way to the error."""
    places = []
    frame = error.__traceback__
    while frame is not None:
        code = frame.tb_frame.f_code
        places.append(f"{code.co_filename}:{frame.tb_lineno} {code.co_name}")
        frame = frame.tb_next
    return places[-5:]
