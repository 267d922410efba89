"""The pretraining network: the backbone that every task starts from, with two heads that are discarded afterwards.

One head predicts which faults are present (six sigmoids), the other how strong they are (six scaled values). Each is a
single dense layer on the pooled feature maps, so that the information must be in the features themselves. The losses
are Keras 3 operations, which the backends TensorFlow, JAX and PyTorch can all train.
"""

from horuslib.pretraining.targets import FAULTS, VALUES
from horuslib.training.backbone import build_backbone

VALUES_WEIGHT = 0.5
"""Weight of the values' loss relative to the faults'."""
_HUBER = 1.0
"""Errors over one spread count linearly, so that unpredictable targets, such as delays in music, do not dominate."""


def build_network(input_shape: tuple[int, int, int], width: float = 1.0, dropout: float = 0.1):
    """The uncompiled model: log-mel inputs (N, 128, 128, 1) -> {"faults": (N, 6) logits, "values": (N, 6)}."""
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
    """Loss per output. Targets are (N, 2 K): K values, then a mask of 1 where the value is known and 0 elsewhere."""
    return {"faults": fault_loss, "values": value_loss}


def fault_loss(targets, logits):
    """Binary cross-entropy from logits, over known targets."""
    from keras import ops

    true, mask = ops.split(targets, 2, axis=-1)
    entropy = ops.maximum(logits, 0) - logits * true + ops.log1p(ops.exp(-ops.abs(logits)))
    return ops.sum(entropy * mask, axis=-1)


def value_loss(targets, values):
    """Huber loss over known targets."""
    from keras import ops

    true, mask = ops.split(targets, 2, axis=-1)
    error = ops.abs(values - true)
    clipped = ops.minimum(error, _HUBER)
    return ops.sum((0.5 * clipped**2 + _HUBER * (error - clipped)) * mask, axis=-1)
