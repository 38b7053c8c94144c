"""LiteRT: runs the networks' .tflite files, quietly and on one thread."""

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import IO, Final

from ai_edge_litert.interpreter import Interpreter

_NOTICE: Final = b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n"
_STANDARD_ERROR: Final = 2
_redirecting = threading.Lock()


def load_interpreter(content: bytes) -> Interpreter:
    """Load a network: on one thread, the same input always gives the same bits.

    Parameters
    ----------
    content : bytes
        The ``.tflite`` file.
    """
    with _without_notice():
        interpreter = Interpreter(model_content=content, num_threads=1)
        interpreter.allocate_tensors()
    return interpreter


@contextmanager
def _without_notice() -> Iterator[None]:
    """Drop LiteRT's notice from standard error; pass on everything else when the block ends.

    Native code prints it to the file descriptor, and LiteRT 2 reads no log level and no environment
    variable before it does.
    """
    with _redirecting, ExitStack() as stack:
        try:
            standard_error = os.dup(_STANDARD_ERROR)
            stack.callback(os.close, standard_error)
            captured = stack.enter_context(tempfile.TemporaryFile())
        except OSError:  # closed, as by `2>&-`, or no room for a file: better noisy than refused
            pass
        else:
            os.dup2(captured.fileno(), _STANDARD_ERROR)
            stack.callback(_pass_on, captured)
            stack.callback(os.dup2, standard_error, _STANDARD_ERROR)
        yield


def _pass_on(captured: IO[bytes]) -> None:
    captured.seek(0)
    with suppress(OSError), open(_STANDARD_ERROR, "wb", closefd=False) as standard_error:
        standard_error.write(captured.read().replace(_NOTICE, b""))
