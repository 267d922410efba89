"""What a network must outlive on its way into a package."""

import keras
import numpy as np

from horuslib.export.lite import lite_model
from horuslib.inference.runtime import LiteModel


def assert_survives(model, inputs, folder, atol, lite_atol):
    """A model gives the same probabilities after saving, and after conversion to TensorFlow Lite."""
    model.save(folder / "model.keras")
    again = keras.models.load_model(folder / "model.keras", compile=False)
    (folder / "model.tflite").write_bytes(lite_model(again))
    wanted = model.predict(inputs, verbose=0)
    np.testing.assert_allclose(again.predict(inputs, verbose=0), wanted, atol=atol)
    np.testing.assert_allclose(LiteModel(folder / "model.tflite")(inputs), wanted, atol=lite_atol)
