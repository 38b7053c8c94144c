"""The image network: MobileNetV2 on LiteRT, one grey view at a time."""

import numpy as np
from numpy.typing import NDArray

from heartsense.litert import load_interpreter


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
        self._interpreter = load_interpreter(content)
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
