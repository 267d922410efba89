"""The backbone: a small convolutional network after MobileNetV2.

MobileNetV2 (Sandler et al. 2018) consists of inverted residuals: a 1x1 expansion, a depthwise convolution, a linear 1x1
projection, and a skip connection. Here strided plain convolutions downsample the model input first, and the inverted
residuals work on small feature maps, because depthwise convolutions of large ones are slowest on CPUs (MobileNetV2 at
width 0.5 trains at a fifth of this network's speed). Batch normalisation has momentum 0.9: with the 0.999 of Keras'
MobileNetV2, the moving averages used in inference would be far from the batch statistics after the few hundred steps of
a training here.
"""

STEM = ((16, 2), (32, 2), (48, 2))
"""(channels, stride) of the plain 3x3 convolutions that come first: 128x128 -> 16x16."""
STAGES = ((64, 3, 2, 3), (96, 1, 1, 3))
"""(channels, blocks, stride of the first block, expansion factor) of the inverted residuals: 16x16 -> 8x8."""
TOP = 192
"""Channels of the feature maps, the input of the head."""
MOMENTUM = 0.9
BACKBONE = "backbone"
"""Name of the backbone's layer in a model."""


def build_backbone(input_shape: tuple[int, int, int], width: float = 1.0):
    """The backbone with random weights: log-mel inputs (N, 128, 128, 1) -> feature maps (N, 8, 8, C).

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
