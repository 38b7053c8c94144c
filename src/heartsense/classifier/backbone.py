"""The picture network: MobileNetV2 on LiteRT, one grey view at a time."""

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray


class Backbone:
    """Runs the two-output ``backbone.tflite``.

    One view a call and one thread: the same view gives the same bits, whatever else is asked.
    """

    def __init__(self, content: bytes) -> None:
        # Intermediate tensors are never read back; keeping the default lets LiteRT reuse them.
        self._interpreter = Interpreter(model_content=content, num_threads=1)
        self._interpreter.allocate_tensors()
        self._input: int = self._interpreter.get_input_details()[0]["index"]
        outputs = {len(d["shape"]): d["index"] for d in self._interpreter.get_output_details()}
        self._pooled: int = outputs[2]
        self._map: int = outputs[4]

    def __call__(
        self, picture: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Features of one grey picture.

        Parameters
        ----------
        picture : uint8 array, shape (224, 224)

        Returns
        -------
        pooled : float32 array, shape (1280,)
        cells : float32 array, shape (7, 7, 1280); ``pooled`` is its mean over the 49 cells.
        """
        self._interpreter.set_tensor(self._input, picture[None, :, :, None].astype(np.float32))
        self._interpreter.invoke()
        return (
            self._interpreter.get_tensor(self._pooled)[0],
            self._interpreter.get_tensor(self._map)[0],
        )
