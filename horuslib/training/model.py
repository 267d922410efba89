"""The network: a small backbone after MobileNetV2, and a head with one output per label.

MobileNetV2 (Sandler et al. 2018) builds from inverted residuals: widen with a 1x1 convolution, filter each channel
alone, narrow again without an activation, add what came in. Here plain convolutions halve the picture early, and the
inverted residuals work on what is left: depthwise filters over large pictures are what processors are slowest at
(MobileNetV2 at width 0.5 trains at a fifth of this network's speed). Batch normalisation forgets with momentum 0.9:
Keras' MobileNetV2 keeps 0.999, which leaves its inference statistics far from the truth after the few hundred steps of
a training like ours.

Keras 3 operations and built-in layers only: a saved model loads with `keras.models.load_model` alone, on any of its
backends.
"""

from horuslib.tasks import Task

STEM = ((16, 2), (32, 2), (48, 2))
"""(channels, stride) of the plain 3x3 convolutions that come first: 128x128 -> 16x16."""
STAGES = ((64, 3, 2, 3), (96, 1, 1, 3))
"""(channels, blocks, stride of the first block, widening) of the inverted residuals: 16x16 -> 8x8."""
TOP = 192
"""Channels of the feature maps that go to the head."""
MOMENTUM = 0.9
BACKBONE, LOGITS = "backbone", "logits"


def build_model(task: Task, n_labels: int | None = None):
    """A model with the task's input shape, width, dropout and starting weights.

    Parameters
    ----------
    n_labels : outputs; as many as the task has labels when not given.

    Returns
    -------
    keras.Model from pictures (N, 128, 128, 1) in 0..1 to probabilities (N, L). Its layer `backbone` is a model of its
    own (pictures -> feature maps); its layer `logits` gives what the softmax is taken of.

    Raises
    ------
    UserError
        When the starting weights are not there or do not fit.
    """
    import keras

    from horuslib.training.weights import start_backbone

    backbone = start_backbone(task)
    picture = keras.Input(task.front_end.input_shape, name="picture")
    x = keras.layers.GlobalAveragePooling2D(name="pool")(backbone(picture))
    x = keras.layers.Dropout(task.training.dropout, name="dropout")(x)
    logits = keras.layers.Dense(n_labels or len(task.labels), dtype="float32", name=LOGITS)(x)
    return keras.Model(picture, keras.layers.Softmax(name="probabilities")(logits), name=f"{task.name}_audio")


def with_temperature(model, temperature: float):
    """The same model with its logits divided by a temperature: calibration, built in (Guo et al. 2017)."""
    import keras

    scaled = keras.layers.Rescaling(1 / temperature, name="temperature")(model.get_layer(LOGITS).output)
    return keras.Model(model.input, keras.layers.Softmax(name="probabilities")(scaled), name=model.name)


def build_backbone(input_shape: tuple[int, int, int], width: float = 1.0):
    """The backbone with random weights: pictures (N, 128, 128, 1) -> feature maps (N, 8, 8, C).

    Parameters
    ----------
    width : every layer's channels are multiplied by this (and rounded to multiples of 8).
    """
    import keras

    x = picture = keras.Input(input_shape, name="picture")
    for channels, stride in STEM:
        x = _convolution(x, _scaled(channels, width), 3, stride)
    for channels, blocks, stride, widening in STAGES:
        for block in range(blocks):
            x = _inverted_residual(x, _scaled(channels, width), stride if block == 0 else 1, widening)
    x = _convolution(x, _scaled(TOP, width), 1, 1)
    return keras.Model(picture, x, name=BACKBONE)


def _scaled(channels: int, width: float) -> int:
    return max(8, round(channels * width / 8) * 8)


def _convolution(x, channels: int, size: int, stride: int, activate: bool = True):
    import keras

    x = keras.layers.Conv2D(channels, size, strides=stride, padding="same", use_bias=False)(x)
    x = keras.layers.BatchNormalization(momentum=MOMENTUM)(x)
    return keras.layers.ReLU(max_value=6)(x) if activate else x


def _inverted_residual(x, channels: int, stride: int, widening: int):
    import keras

    entered = x
    x = _convolution(x, entered.shape[-1] * widening, 1, 1)
    x = keras.layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(x)
    x = keras.layers.BatchNormalization(momentum=MOMENTUM)(x)
    x = keras.layers.ReLU(max_value=6)(x)
    x = _convolution(x, channels, 1, 1, activate=False)
    return keras.layers.Add()([entered, x]) if stride == 1 and entered.shape[-1] == channels else x
