"""The network: the backbone and a head with one output per label.

Keras 3 operations and built-in layers only: a saved model loads with `keras.models.load_model` alone, on any of its
backends.
"""

import hashlib
from collections.abc import Iterable

import numpy as np

from horuslib.tasks import Task
from horuslib.tasks.sections import Training
from horuslib.training.descriptors import describe
from horuslib.training.weights import start_backbone
from horuslib.training.yamnet import scores_of

_TINY = 1e-6
"""Variance that a feature map has at least: the gradient of a standard deviation of 0 is infinite."""
_FAR = 8.0
"""Standard deviations beyond which a feature says no more: sound unlike all that was trained on."""
_SCALED = "scaled"
_SETTLING = 64
LOGITS = "logits"
"""Name of the layer whose outputs are the input of the softmax."""


def build_model(task: Task, n_labels: int | None = None):
    """A model with the task's input shape, width, dropout and starting weights.

    Parameters
    ----------
    n_labels : outputs; as many as the task has labels when not given.

    Returns
    -------
    keras.Model from log-mel inputs (N, 128, 128, 1) in 0..1 to probabilities (N, L). Its layer `backbone` is a nested
    model (log-mel inputs -> feature maps); its layer `logits` is the input of the softmax.

    Raises
    ------
    UserError
        When the starting weights are missing or do not fit.
    """
    import keras
    from keras import ops

    picture = keras.Input(task.front_end.input_shape, name="picture")
    x, *described = numbers(picture, task)
    pooled_width = x.shape[1]
    if described:
        x = keras.layers.Concatenate(name="features")([x, *described])
    if task.training.numbers_differ:
        x = keras.layers.BatchNormalization(name=_SCALED, epsilon=_TINY, scale=False, center=False)(x)
        x = ops.clip(x, -_FAR, _FAR)
    views = {"": x}
    if task.training.weights == "yamnet":
        views = {"": x[:, :pooled_width], "scores_": scores_of(x[:, :pooled_width])}
        views |= {"descriptors_": x[:, pooled_width:]} if described else {}
    seen = [_hidden(view, task.training, name) for name, view in views.items()]
    x = keras.layers.Concatenate(name="seen")(seen) if len(seen) > 1 else seen[0]
    logits = keras.layers.Dense(n_labels or len(task.labels), dtype="float32", name=LOGITS)(x)
    return keras.Model(picture, keras.layers.Softmax(name="probabilities")(logits), name=f"{task.name}_audio")


def _hidden(x, recipe: Training, prefix: str):
    """Numbers as the logits see them: some of them left out in training, and a layer between where the task has one."""
    import keras

    x = keras.layers.Dropout(recipe.dropout, name=f"{prefix}dropout")(x)
    if recipe.hidden:
        x = keras.layers.Dense(recipe.hidden, activation="relu", name=f"{prefix}hidden")(x)
        x = keras.layers.Dropout(recipe.dropout, name=f"{prefix}hidden_dropout")(x)
    return x


def numbers(picture, task: Task) -> list:
    """What the head is given of symbolic inputs: (N, D) of the backbone's feature maps, not scaled, and the descriptors
    where the task has them."""
    pooling, front = task.training.pooling, task.front_end
    backbone = with_stages(start_backbone(task)) if pooling == "every_stage" else start_backbone(task)
    found = [pooled(backbone(picture), pooling)]
    if task.training.descriptors:
        found.append(describe(picture, front.segment_s, front.max_db - front.min_db))
    return found


def scale_of(model):
    """The layer that brings the numbers of a frozen backbone to one scale; None where the task has none."""
    return next((layer for layer in model.layers if layer.name == _SCALED), None)


def settle_scales(model, pictures: Iterable[np.ndarray]) -> None:
    """Fix mean and scale of the features of a frozen backbone to those of the training examples: the batches of a small
    corpus differ too much to take them from each.

    Parameters
    ----------
    pictures : model inputs in blocks, (N, *input_shape) each.
    """
    import keras

    if scale_of(model) is not None:
        before = keras.Model(model.input, scale_of(model).input)
        settle(model, np.concatenate([before.predict_on_batch(block) for block in pictures]))


def settle(model, seen: np.ndarray) -> None:
    """The same from the numbers (N, D) that reach the scale."""
    layer = scale_of(model)
    layer.moving_mean.assign(seen.mean(axis=0))
    layer.moving_variance.assign(seen.var(axis=0))
    layer.trainable = False


def with_stages(backbone):
    """The same backbone with one output per resolution, fine to coarse: the last feature maps of each."""
    import keras

    last = {layer.output.shape[1:3]: layer.output for layer in backbone.layers[1:]}
    return keras.Model(backbone.input, list(last.values()), name=backbone.name)


def pooled(features, pooling: str):
    """Feature maps (N, H, W, C) as numbers: the means (N, C), and for `mean_and_max` also the mean over frequency of
    the maxima over time (N, 2 C), which a short sound moves as much as a long one.

    For `every_stage`, `features` are those of `with_stages`: of the last what `mean_and_max` gives, of each other the
    means and standard deviations. Early stages know textures and edges of any sound, late ones what the backbone was
    trained to tell apart.
    """
    import keras
    from keras import ops

    *earlier, features = features if isinstance(features, list) else [features]
    means = keras.layers.GlobalAveragePooling2D(name="pool")(features)
    if pooling == "mean":
        return means
    width = features.shape[2]
    loudest = keras.layers.MaxPooling2D((1, width), name="loudest")(features)
    loudest = keras.layers.GlobalAveragePooling2D(name="pool_loudest")(loudest)
    levels = [ops.mean(maps, axis=(1, 2)) for maps in earlier]
    spreads = [ops.sqrt(ops.var(maps, axis=(1, 2)) + _TINY) for maps in earlier]
    return keras.layers.Concatenate(name="pooled")([means, loudest, *levels, *spreads])


def with_temperature(model, temperature: float):
    """The same model with its logits divided by a temperature: calibration as part of the model (Guo et al. 2017)."""
    import keras

    scaled = keras.layers.Rescaling(1 / temperature, name="temperature")(model.get_layer(LOGITS).output)
    return keras.Model(model.input, keras.layers.Softmax(name="probabilities")(scaled), name=model.name)


def weights_sha256(model) -> str:
    """Hash of a model's layer types and weights, independent of the metadata and time of saving."""
    digest = hashlib.sha256(" ".join(kind for layer in model.layers for kind in _kinds(layer)).encode())
    for weights in model.get_weights():
        digest.update(f"{weights.shape} {weights.dtype}".encode())
        digest.update(np.ascontiguousarray(weights).tobytes())
    return digest.hexdigest()


def _kinds(layer) -> list[str]:
    """A layer's type, or those of the layers of a nested model."""
    inside = getattr(layer, "layers", None)
    return [type(layer).__name__] if inside is None else [kind for one in inside for kind in _kinds(one)]
