"""A support vector machine beside the head, as layers of the network.

On a few hundred clips a machine with a Gaussian kernel classifies unseen recordings better than a trained layer on the
same numbers. Its decision functions are a product with the support vectors, an exponential and a second product: three
built-in operations, so the model stays one file, and a fine-tune moves them like any other weight (Cortes and Vapnik
1995; one class against the rest).
"""

import numpy as np

from horuslib.tasks import Task
from horuslib.training.model import LOGITS, NETWORK_LOGITS

C = 1.0
"""Penalty of the soft margin; 3 and 10 were no better on folds."""
BATCH = 64


def with_kernel(model, inputs, labels: np.ndarray, task: Task):
    """The same model with the decisions of a support vector machine added to its logits.

    Parameters
    ----------
    model : from `build_model`, trained.
    inputs : function (rows -> model inputs (B, H, W, 1)), called with slices of the training rows' order.
    labels : (N,) column of each training row's label.

    Returns
    -------
    keras.Model whose layer `logits` is the head's logits plus `training.kernel` times the decisions; the classes of
    which there is no example, or nothing else, keep the head's.
    """
    import keras

    features = model.get_layer("dropout").input
    numbers = keras.Model(model.input, features)
    blocks = [slice(i, i + BATCH) for i in range(0, len(labels), BATCH)]
    x = np.concatenate([numbers.predict_on_batch(inputs(block)) for block in blocks])
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-3
    decisions, vectors, bias, gamma = _decisions((x - mean) / spread, labels, len(task.labels))

    scaled = keras.layers.Rescaling(1 / spread, offset=-mean / spread, name="kernel_scale")(features)
    length = keras.layers.Dot(axes=1, name="kernel_length")([scaled, scaled])
    towards = keras.layers.Dense(len(vectors), name="kernel_vectors")
    exponent = keras.layers.Add(name="kernel_exponent")(
        [towards(scaled), keras.layers.Rescaling(-gamma, name="kernel_width")(length)]
    )
    nearness = keras.layers.Activation("exponential", name="kernel")(exponent)
    judged = keras.layers.Dense(len(task.labels), name="kernel_logits")
    added = judged(nearness)
    towards.set_weights([2 * gamma * vectors.T, -gamma * np.square(vectors).sum(axis=1)])
    judged.set_weights([task.training.kernel * decisions.T, task.training.kernel * bias])
    logits = keras.layers.Add(name=LOGITS, dtype="float32")([model.get_layer(NETWORK_LOGITS).output, added])
    return keras.Model(model.input, keras.layers.Softmax(name="probabilities")(logits), name=model.name)


def _decisions(x: np.ndarray, labels: np.ndarray, n_labels: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Weights (L, V) of the support vectors (V, D) for each class against the rest, biases (L,), and the width."""
    from sklearn.svm import SVC

    gamma, weights, bias = 1 / x.shape[1], np.zeros((n_labels, len(x)), np.float32), np.zeros(n_labels, np.float32)
    for label in range(n_labels):
        if 0 < np.sum(labels == label) < len(labels):
            machine = SVC(C=C, gamma=gamma, class_weight="balanced").fit(x, labels == label)
            weights[label, machine.support_], bias[label] = machine.dual_coef_[0], machine.intercept_[0]
    used = np.flatnonzero(np.any(weights != 0, axis=0))
    used = used if len(used) else np.zeros(1, int)
    return weights[:, used], x[used].astype(np.float32), bias, gamma
