"""The default network: which modality changed, when, and what changed within how much time of it.

Each modality has an encoder over the common clock whose heads are onset curves, one per kind of change. The curves of
different modalities are then compared at lags: how strongly two kinds coincide within 0.4, 0.8 and 1.6 s. The class
follows from these agreements and from nothing else, so that what happens at the same instant and what happens two
seconds apart are different inputs. Each modality also says a class by itself, which counts where one is missing
(`ensemble`). Built-in layers only.
"""

from itertools import combinations

import keras
import numpy as np
from keras import layers

from horuslib.spectral.events.event import MODALITIES
from horuslib.spectral.timing.inputs import MOMENTS, input_shapes
from horuslib.spectral.timing.targets import KINDS, MODALITY_OF, TARGETS

LOGITS, CURVES, AGREEMENTS = "logits", "curves", "agreements"
LAGS = (4, 8, 16)
"""Steps within which two kinds coincide: 0.4, 0.8 and 1.6 s."""
_WIDTH, _LOOK_WIDTH = 24, 16
HEADS = {m: tuple(kind for kind in TARGETS if MODALITY_OF[kind] == m) for m in MODALITIES}
"""Modality -> the curves that its encoder gives."""
PAIRS = tuple((a, b) for a, b in combinations(KINDS, 2) if MODALITY_OF[a] != MODALITY_OF[b])
"""Kinds of different modalities, whose coincidence is measured. A person who is in view all the time coincides with
nothing: only the appearance counts."""


def alone_logits(modality: str) -> str:
    """The layer with what a modality says alone."""
    return f"{modality}_logits"


def build_timed(duration_s: float, look_width: int, classes: int, dropout: float = 0.3) -> keras.Model:
    """The network.

    Parameters
    ----------
    look_width : of the frames' embeddings.

    Returns
    -------
    A model from `input_shapes` to `probabilities` (batch, classes), `curves` (batch, steps, len(TARGETS)) in 0 to 1,
    and one `only_MODALITY` (batch, classes) each: what a modality alone says, trained for balance.
    """
    shapes = input_shapes(duration_s, look_width)
    inputs = {name: keras.Input(shape, name=name) for name, shape in shapes.items()}
    steps = shapes["picture"][0]
    hidden = {
        "video": _encoder(_video_input(inputs, steps), "video", dropout),
        "audio": _encoder(layers.Concatenate(name="audio_input")([inputs["bands"], inputs["sound"]]), "audio", dropout),
        "sensors": _encoder(inputs["sensors"], "sensors", dropout),
    }
    curves, alone = [], {}
    for i, modality in enumerate(MODALITIES):
        there = layers.Reshape((1, 1), name=f"{modality}_there")(inputs["present"][:, i : i + 1])
        heads = layers.Conv1D(len(HEADS[modality]), 5, padding="same", activation="sigmoid", name=f"{modality}_heads",
                              bias_initializer=keras.initializers.Constant(-3.0))(hidden[modality])  # fmt: skip
        heads = layers.Multiply(name=f"{modality}_curves")([heads, there])
        curves.append(heads)
        pooled = layers.Concatenate(name=f"{modality}_pooled")(
            [layers.GlobalMaxPooling1D()(heads), layers.GlobalAveragePooling1D()(hidden[modality])]
        )
        dropped = layers.Dropout(dropout, name=f"{modality}_dropout")(pooled)
        said = layers.Dense(classes, name=alone_logits(modality))(dropped)
        alone[modality] = layers.Softmax(name=f"only_{modality}")(said)
    order = [kind for modality in MODALITIES for kind in HEADS[modality]]
    together = layers.Concatenate(name="by_modality")(curves)
    together = _chosen(CURVES, [order.index(kind) for kind in TARGETS])(together)
    agreements = layers.Concatenate(name=AGREEMENTS)([*_agreements(together), inputs["present"]])
    x = layers.Dense(48, activation="relu", name="weigh")(agreements)
    x = layers.Dropout(dropout, name="weigh_dropout")(x)
    logits = layers.Dense(classes, name=LOGITS)(x)
    outputs = {
        "probabilities": layers.Softmax(name="probabilities")(logits),
        CURVES: together,
        **{f"only_{modality}": alone[modality] for modality in MODALITIES},
    }
    return keras.Model(inputs, outputs, name="spectral_timed")


def _video_input(inputs: dict, steps: int):
    """Curves at every step; embeddings and scores of the moments, held until the next one."""
    look = layers.Dense(_LOOK_WIDTH, use_bias=False, kernel_initializer="zeros", name="look_narrow")(
        layers.Dropout(0.4, name="look_dropout")(inputs["look"])
    )
    held = layers.Concatenate(name="moments")([layers.Activation("tanh", name="look_tanh")(look), inputs["person"]])
    held = layers.UpSampling1D(steps // MOMENTS, name="held")(held)
    return layers.Concatenate(name="video_input")([inputs["picture"], held])


def _encoder(x, name: str, dropout: float):
    """Convolutions that see about 1.5 s around each step."""
    for i, dilation in enumerate((1, 2, 3)):
        x = layers.Conv1D(_WIDTH, 5, padding="same", dilation_rate=dilation, use_bias=False, name=f"{name}_conv{i}")(x)
        x = layers.LayerNormalization(name=f"{name}_norm{i}")(x)
        x = layers.Activation("relu", name=f"{name}_relu{i}")(x)
        x = layers.SpatialDropout1D(dropout / 3, name=f"{name}_drop{i}")(x)
    return x


def _agreements(curves) -> list:
    """The strongest value of each curve, and of each pair's product within each lag."""
    found = [layers.GlobalMaxPooling1D(name="most")(curves)]
    first = _chosen("first", [TARGETS.index(a) for a, _ in PAIRS])(curves)
    for lag in LAGS:
        near = layers.MaxPooling1D(2 * lag + 1, 1, "same", name=f"within{lag}")(curves)
        second = _chosen(f"second{lag}", [TARGETS.index(b) for _, b in PAIRS])(near)
        both = layers.Multiply(name=f"both{lag}")([first, second])
        found.append(layers.GlobalMaxPooling1D(name=f"most{lag}")(both))
    return found


def _chosen(name: str, places: list[int]) -> layers.Layer:
    """Columns of the curves, in this order: a fixed matrix of zeros and ones."""
    chosen = np.eye(len(TARGETS), dtype=np.float32)[:, places]
    return layers.Dense(len(places), use_bias=False, trainable=False, name=name,
                        kernel_initializer=keras.initializers.Constant(chosen.tolist()))  # fmt: skip
