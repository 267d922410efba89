"""The pretraining network: the backbone that every task starts from, with heads that are thrown away.

One head says which faults are there (six sigmoids), one how strong they are (six scaled values). Both read the pooled
feature maps through one dense layer each, so that what they need has to be in the features themselves. Answers and
losses are Keras 3 operations: the backends TensorFlow, JAX and PyTorch all train it.
"""

from horuslib.pretraining.targets import FAULTS, VALUES
from horuslib.training.backbone import build_backbone

VALUES_WEIGHT = 0.5
"""How much the values' loss counts beside the faults'."""
_HUBER = 1.0
"""Errors over one spread count linearly: an unanswerable delay in music must not lead."""


def build_network(input_shape: tuple[int, int, int], width: float = 1.0, dropout: float = 0.1):
    """The compiled-to-be model: pictures (N, 128, 128, 1) -> {"faults": (N, 6) logits, "values": (N, 6)}."""
    import keras

    backbone = build_backbone(input_shape, width)
    picture = keras.Input(input_shape, name="picture")
    features = keras.layers.GlobalAveragePooling2D(name="pool")(backbone(picture))
    features = keras.layers.Dropout(dropout, name="dropout")(features)
    outputs = {
        "faults": keras.layers.Dense(len(FAULTS), name="faults")(features),
        "values": keras.layers.Dense(len(VALUES), name="values")(features),
    }
    return keras.Model(picture, outputs, name="pretraining")


def losses() -> dict:
    """Loss per output. Targets are (N, 2 K): the answers, then 1 where there is one and 0 where nothing is asked."""
    return {"faults": fault_loss, "values": value_loss}


def fault_loss(answers, logits):
    """Binary cross-entropy from logits, over the questions asked."""
    from keras import ops

    wanted, asked = ops.split(answers, 2, axis=-1)
    entropy = ops.maximum(logits, 0) - logits * wanted + ops.log1p(ops.exp(-ops.abs(logits)))
    return ops.sum(entropy * asked, axis=-1)


def value_loss(answers, values):
    """Huber's loss over the questions asked."""
    from keras import ops

    wanted, asked = ops.split(answers, 2, axis=-1)
    off = ops.abs(values - wanted)
    near = ops.minimum(off, _HUBER)
    return ops.sum((0.5 * near**2 + _HUBER * (off - near)) * asked, axis=-1)
