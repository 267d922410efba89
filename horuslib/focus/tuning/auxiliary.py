"""What the fine-tune may learn besides the labels; both are off in the default.

A supervised contrastive loss (Khosla et al. 2020) between the class in focus and those that it is confused with: clips
of one class come closer in the embedding, clips of different ones go apart. An auxiliary head for the course of the
dominant pitch (`modulation`): what it must know, the layers below have to keep.

Both hang on what the logits see, and are cut off again after the fine-tune.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from horuslib.focus.settings import Training
from horuslib.focus.tuning.modulation import modulation
from horuslib.tasks import Task
from horuslib.training.model import LOGITS

CONTRASTIVE, MODULATION = "contrastive", "pitch_course"
_EMBEDDED = 64
_TINY = 1e-6


@dataclass(frozen=True)
class Auxiliary:
    """Further outputs of a model, their losses, weights and targets; without any, a model with one output.

    Attributes
    ----------
    targets : name -> (rows of features, D) of every stored example.
    """

    model: Any
    losses: Mapping[str, Any]
    weights: Mapping[str, float]
    targets: Mapping[str, np.ndarray]

    def compiled_with(self, loss: Any) -> dict:
        """Arguments of `compile`: the losses of all outputs and their weights."""
        if not self.losses:
            return {"loss": loss, "metrics": ["accuracy"]}
        return {
            "loss": [loss, *self.losses.values()],
            "loss_weights": [1.0, *self.weights.values()],
            "metrics": [["accuracy"], *([] for _ in self.losses)],
        }

    def all_targets(self, labels: np.ndarray, rows: np.ndarray) -> Any:
        """What a batch is compared with: the one-hot labels, and the targets of the further outputs."""
        if not self.losses:
            return labels
        return (labels, *(labels if name == CONTRASTIVE else self.targets[name][rows] for name in self.losses))


def with_auxiliaries(
    model, focus: str, confused: Sequence[str], features: np.ndarray, settings: Training, task: Task
) -> Auxiliary:
    """A model with the further outputs that the settings ask for; its own layers are shared.

    Parameters
    ----------
    confused : labels that the focus is confused with, of which the contrastive loss tells it apart.
    features : (N, height, width) stored inputs, from which the targets of the modulation are measured.
    """
    import keras

    seen, losses, weights, outputs = model.get_layer(LOGITS).input, {}, {}, []
    targets: dict[str, np.ndarray] = {}
    if settings.contrastive and confused:
        embedded = keras.layers.Dense(_EMBEDDED, name="projection")(seen)
        outputs.append(keras.layers.UnitNormalization(name=CONTRASTIVE)(embedded))
        columns = [task.labels.index(label) for label in (focus, *confused)]
        losses[CONTRASTIVE] = _contrastive(columns, settings.contrastive_temperature)
        weights[CONTRASTIVE] = settings.contrastive
    if settings.modulation:
        measured = modulation(features, task.front_end)
        targets[MODULATION] = (measured - measured.mean(axis=0)) / (measured.std(axis=0) + _TINY)
        outputs.append(keras.layers.Dense(measured.shape[1], name=MODULATION)(seen))
        losses[MODULATION], weights[MODULATION] = keras.losses.MeanSquaredError(), settings.modulation
    joined = keras.Model(model.input, [model.output, *outputs]) if outputs else model
    return Auxiliary(joined, losses, weights, targets)


def confused_with(focus: str, predictions: pd.DataFrame, state: pd.DataFrame, task: Task) -> list[str]:
    """Labels that the focus is confused with out of fold, either way, in the task's order.

    Parameters
    ----------
    predictions, state : as in `crossing.hard_examples`.
    """
    label = predictions["segment_id"].map(state.set_index("segment_id")["label"])
    taken_for = set(predictions["predicted"][label == focus]) | set(label[predictions["predicted"] == focus].dropna())
    return [name for name in task.labels if name in taken_for and name != focus]


def _contrastive(columns: Sequence[int], temperature: float):
    """The supervised contrastive loss among some labels, of (batch, labels) one-hot and (batch, D) of length 1."""
    from keras import ops

    def loss(labels, embedded):
        taken = ops.take(labels, ops.array(list(columns)), axis=1)
        counts = ops.sum(taken, axis=1)
        others = counts[:, None] * counts[None, :] * (1 - ops.eye(ops.shape(labels)[0]))
        same = ops.matmul(taken, ops.transpose(taken)) * others
        alike = ops.matmul(embedded, ops.transpose(embedded)) / temperature
        alike = alike - ops.stop_gradient(ops.max(alike, axis=1, keepdims=True))
        log_share = alike - ops.log(ops.sum(ops.exp(alike) * others, axis=1, keepdims=True) + _TINY)
        pairs = ops.sum(same, axis=1)
        return -ops.sum(same * log_share, axis=1) / ops.maximum(pairs, 1.0)

    return loss
