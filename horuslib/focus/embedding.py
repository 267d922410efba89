"""Numbers of every example that know nothing of its label: starting weights of the backbone, and fixed descriptors."""

import numpy as np

from horuslib.tasks import Task


def embed(features: np.ndarray, rows: np.ndarray, task: Task) -> np.ndarray:
    """The embedding of stored model inputs: numbers of the starting weights, beside the descriptors.

    No label of this task shaped it, so that a classifier on it is out of fold wherever its own training is.

    Parameters
    ----------
    features : (N, height, width) stored inputs.
    rows : (R,) which of them.

    Returns
    -------
    (R, D) float32.
    """
    import keras

    from horuslib.training.frozen import computed
    from horuslib.training.model import numbers

    front = task.front_end
    picture = keras.Input(front.input_shape, name="picture")
    wanted: dict[str, object] = {"descriptors": front.input_shape[2] == 1}
    if task.training.weights != "yamnet":
        wanted["pooling"] = "every_stage"
    recipe = task.training.model_copy(update=wanted)
    parts = numbers(picture, task.model_copy(update={"training": recipe}))
    joined = keras.layers.Concatenate(name="features")(parts) if len(parts) > 1 else parts[0]
    return computed(keras.Model(picture, joined), features, rows, task)
