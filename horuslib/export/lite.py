"""The exported model as TensorFlow Lite, which loads in milliseconds and runs without TensorFlow."""

import io
from contextlib import redirect_stdout


def lite_model(model) -> bytes:
    """A Keras model as a .tflite file, in float32.

    The batch dimension of the input stays variable. The same model gives the same file.
    """
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")  # the converter logs the path of its temporary files
    with redirect_stdout(io.StringIO()):  # and Keras prints every tensor
        return tf.lite.TFLiteConverter.from_keras_model(model).convert()
