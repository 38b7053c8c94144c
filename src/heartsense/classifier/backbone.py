"""The image network: MobileNetV2 on LiteRT, one grey view at a time."""

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import IO, Final

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

_NOTICE: Final = b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n"
_STANDARD_ERROR: Final = 2
_redirecting = threading.Lock()


class Backbone:
    """Runs the two-output ``backbone.tflite``.

    One view per call and one thread: the same view always gives the same bits.

    Parameters
    ----------
    content : bytes
        The ``.tflite`` file.
    """

    def __init__(self, content: bytes) -> None:
        # Intermediate tensors are never read back; keeping the default lets LiteRT reuse them.
        with _without_notice():
            self._interpreter = Interpreter(model_content=content, num_threads=1)
            self._interpreter.allocate_tensors()
        self._input: int = self._interpreter.get_input_details()[0]["index"]
        outputs = {len(d["shape"]): d["index"] for d in self._interpreter.get_output_details()}
        self._pooled: int = outputs[2]
        self._map: int = outputs[4]

    def __call__(self, image: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Features of one grey image.

        Parameters
        ----------
        image : uint8 array, shape (224, 224)

        Returns
        -------
        pooled : float32 array, shape (1280,)
        feature_map : float32 array, shape (7, 7, 1280)
            ``pooled`` is its mean over the 49 cells.
        """
        self._interpreter.set_tensor(self._input, image[None, :, :, None].astype(np.float32))
        self._interpreter.invoke()
        return (
            self._interpreter.get_tensor(self._pooled)[0],
            self._interpreter.get_tensor(self._map)[0],
        )


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
