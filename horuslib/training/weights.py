"""Starting weights of the backbone: `none`, `bundled`, `street`, `yamnet`, `imagenet`, or a file."""

import warnings
from pathlib import Path

import numpy as np

from horuslib.core import recorder
from horuslib.core.artifacts import sha256_file
from horuslib.core.errors import UserError
from horuslib.tasks import Task
from horuslib.training import pretrained
from horuslib.training.backbone import BACKBONE, MOMENTUM, build_backbone
from horuslib.training.yamnet import build_yamnet

PRETRAINED = Path(pretrained.__file__).parent
BUNDLED = PRETRAINED / "backbone.weights.h5"
"""Trained on generated sound by `make pretrain`; its model card is backbone.md, beside it."""
SHIPPED = {"bundled": BUNDLED, "street": PRETRAINED / "street.weights.h5"}
"""Values of `training.weights` -> the weights that ship. `street` is trained on generated street sound, from `bundled`
(`horuslib.pretraining.street`); its model card is street.md."""
CHOICES = PRETRAINED / "choices.csv"
"""Cross-validation scores of each choice of weights and phases: see `horuslib.pretraining.compare`. Measured when
early stopping watched the evaluated fold and the last segment of a recording was left out."""
IMAGENET_WIDTHS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)
"""The width multipliers that Keras publishes MobileNetV2 weights for."""


def start_backbone(task: Task):
    """The backbone with the weights set by `training.weights`: a keras.Model from log-mel inputs to feature maps.

    Raises
    ------
    UserError
        When the weights are missing, cannot be downloaded, or belong to another architecture or width.
    """
    asked = task.training.weights
    if asked == "imagenet":
        return _imagenet_backbone(task)
    if asked == "yamnet":
        return build_yamnet(task.front_end)
    backbone = build_backbone(task.front_end.input_shape, task.training.width)
    if asked in SHIPPED:
        if not SHIPPED[asked].is_file():
            raise UserError(
                f"training.weights is {asked!r}, but this installation has no {SHIPPED[asked].name}: "
                "set it to 'none', 'imagenet' or the path of a weights file."
            )
        if task.front_end.kind == "minmax160":
            return _bundled_for_shades(task)
        _load(backbone, SHIPPED[asked])
    elif asked != "none":
        _load(backbone, Path(asked))
    return backbone


def _bundled_for_shades(task: Task):
    """The bundled backbone, trained on one channel of fixed scale, adapted to inputs of kind `minmax160`.

    Their three channels are equal: each gets a third of the first filters' weights. Their range -1..1 is 80 dB, half of
    the range trained on (160 dB in 0..1); they are mapped to its lower half, since programme never reaches the upper
    one.
    """
    import keras

    shape, multiplier = task.front_end.input_shape, task.training.width
    bundled = build_backbone((*shape[:2], 1), multiplier)
    _load(bundled, BUNDLED)
    first, *others = bundled.get_weights()
    network = build_backbone(shape, multiplier)
    network.set_weights([np.repeat(first / shape[2], shape[2], axis=2), *others])
    picture = keras.Input(shape, name="picture")
    return keras.Model(picture, network(keras.layers.Rescaling(0.25, offset=0.25)(picture)), name=BACKBONE)


def _load(backbone, path: Path) -> None:
    """Load a backbone's weights from its `.weights.h5` file, or from a `.keras` file of a whole model."""
    import keras

    if not path.is_file():
        raise UserError(
            f"training.weights is {str(path)!r}, which is not a file: give the path of a .weights.h5 or .keras file, "
            "or one of 'none', 'bundled', 'street', 'yamnet', 'imagenet'."
        )
    recorder.record_file(path, sha256_file(path))
    try:
        if path.name.endswith(".weights.h5"):
            with warnings.catch_warnings(action="error"):  # Keras only warns about weights missing from the file
                backbone.load_weights(path)
        else:
            model = keras.models.load_model(path, compile=False)
            source = model if model.name == BACKBONE else model.get_layer(BACKBONE)
            backbone.set_weights(source.get_weights())
    except (OSError, ValueError, UserWarning) as e:
        raise UserError(
            f"{path} does not fit this task's backbone (its architecture, training.width): {str(e).splitlines()[0]}"
        ) from e


def _imagenet_backbone(task: Task):
    """Keras' MobileNetV2 pretrained on ImageNet, adapted where the task's model inputs have one channel in 0..1.

    It was trained on three channels in -1..1, as `minmax160` has them.
    """
    import keras

    height, width, channels = task.front_end.input_shape
    multiplier = task.training.width
    if multiplier not in IMAGENET_WIDTHS:
        raise UserError(
            f"training.width is {multiplier}, but ImageNet weights are published for {IMAGENET_WIDTHS} only: "
            "choose one of these, or other training.weights."
        )
    options = {"alpha": multiplier, "include_top": False}
    try:
        coloured = keras.applications.MobileNetV2(input_shape=(height, width, 3), weights="imagenet", **options)
    except Exception as e:  # Keras raises a bare Exception when a download fails
        raise UserError(
            "training.weights is 'imagenet', but Keras has no such file in its cache and could not download it "
            f"({e}): connect to the internet once, or set training.weights to 'none', 'bundled' or the path of a file."
        ) from e
    picture = keras.Input(task.front_end.input_shape, name="picture")
    if channels == 3:
        network, scaled = coloured, picture
    else:
        network = keras.applications.MobileNetV2(input_shape=(height, width, 1), weights=None, **options)
        take_one_channel(coloured, network)
        scaled = keras.layers.Rescaling(2.0, offset=-1.0)(picture)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = MOMENTUM
    return keras.Model(picture, network(scaled), name=BACKBONE)


def take_one_channel(coloured, grey) -> None:
    """Copy the weights of a three-channel network into the same network with one channel.

    The first convolution's filters are summed over the channels, so that one channel gives the same output as three
    equal ones.
    """
    first, *others = coloured.get_weights()
    grey.set_weights([first.sum(axis=2, keepdims=True), *others])
