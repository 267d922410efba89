"""From model inputs to probabilities: the package's model, run by TensorFlow Lite or by Keras.

TensorFlow Lite's own runtime loads in milliseconds, where importing TensorFlow takes seconds, and is the faster of the
two. Both may be called from several threads.
"""

import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

_BATCH = 64


class LiteModel:
    """A .tflite file.

    Raises
    ------
    ValueError, RuntimeError
        When the file is no model.
    """

    def __init__(self, path: Path):
        self._path, self._own = str(path), threading.local()
        (entry,), (result,) = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        self._entry, self._result = entry["index"], result["index"]
        self.shapes = tuple(entry["shape"][1:].tolist()), tuple(result["shape"][1:].tolist())
        """Of one input and of its probabilities."""

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """Probabilities (N, labels) float32 of inputs (N, height, width, channels)."""
        interpreter, found = self._interpreter, np.empty((len(inputs), *self.shapes[1]), np.float32)
        # One at a time: with such a small network longer batches only leave the cache.
        for k, one in enumerate(np.asarray(inputs, np.float32)):
            interpreter.set_tensor(self._entry, one[None])
            interpreter.invoke()
            found[k] = interpreter.get_tensor(self._result)[0]
        return found

    @property
    def _interpreter(self) -> Any:
        """This thread's own."""
        if not hasattr(self._own, "interpreter"):
            from ai_edge_litert.interpreter import Interpreter

            self._own.interpreter = Interpreter(self._path, num_threads=1)
            self._own.interpreter.allocate_tensors()
        return self._own.interpreter


class KerasModel:
    """A .keras file; raises whatever Keras' reader of zip, JSON or HDF5 meets in a file that is no model."""

    def __init__(self, path: Path):
        import keras

        self._model = keras.saving.load_model(path, compile=False)
        self.shapes = tuple(self._model.input_shape[1:]), tuple(self._model.output_shape[1:])
        """Of one input and of its probabilities."""

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """Probabilities (N, labels) float32 of inputs (N, height, width, channels)."""
        batches = [self._forward(inputs[k : k + _BATCH]).numpy() for k in range(0, len(inputs), _BATCH)]
        return np.concatenate([np.empty((0, *self.shapes[1]), np.float32), *batches])

    @cached_property
    def _forward(self) -> Callable[[np.ndarray], Any]:
        return compiled(self._model)


def compiled(model: Any) -> Callable[[np.ndarray], Any]:
    """A Keras model's forward pass (N, height, width, channels) -> tensor (N, labels), compiled once for any N."""
    import tensorflow as tf

    shape = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)
    forward: Callable[[np.ndarray], Any] = tf.function(lambda x: model(x, training=False), input_signature=[shape])
    return forward
