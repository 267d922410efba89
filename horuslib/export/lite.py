"""The exported model as TensorFlow Lite, which starts in milliseconds and needs no TensorFlow to run."""

import io
from contextlib import redirect_stdout


def lite_model(model) -> bytes:
    """A .tflite file that computes what a Keras model computes, in float32.

    Batches of any length fit: the first dimension of its input stays open. The same model gives the same file.
    """
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")  # the converter tells where it keeps its scratch files
    with redirect_stdout(io.StringIO()):  # and Keras of every tensor on the way
        return tf.lite.TFLiteConverter.from_keras_model(model).convert()
