"""The exported model as TensorFlow Lite, which starts in milliseconds and needs no TensorFlow to run."""


def lite_model(model) -> bytes:
    """A .tflite file that computes what a Keras model computes, in float32.

    Batches of any length fit: the first dimension of its input stays open.
    """
    import tensorflow as tf

    return tf.lite.TFLiteConverter.from_keras_model(model).convert()
