"""An image network run by LiteRT."""

import numpy as np


class Embedder:
    """A backbone run by LiteRT.

    Parameters
    ----------
    content : a .tflite file's bytes.
    """

    def __init__(self, content: bytes, threads: int = 1):
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(model_content=content, num_threads=threads)
        self._interpreter.allocate_tensors()
        (self._entry,), (self._result,) = self._interpreter.get_input_details(), self._interpreter.get_output_details()

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        """(n, 224, 224, 3) pictures, 0 to 255 -> (n, width) float32."""
        found = []
        for picture in pictures:
            self._interpreter.set_tensor(self._entry["index"], picture[None].astype(np.float32))
            self._interpreter.invoke()
            found.append(self._interpreter.get_tensor(self._result["index"])[0].copy())
        return np.array(found, np.float32).reshape(len(pictures), -1)
