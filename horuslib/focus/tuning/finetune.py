"""The fine-tune itself: AdamW at a small rate with a warm-up, one epoch per stage of a curriculum, quotas per batch.

It starts from a whole model (of a fold, or the package in production) and moves all of it but batch normalisation; of a
task whose training leaves the backbone alone (`training.frozen`), the head. What it moved is measured after every
stage: loss and macro-F1 of files it does not learn from, and the distance of the weights from where they began.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from horuslib.audio.features import with_channels
from horuslib.core import recorder
from horuslib.core.artifacts import sha256_file
from horuslib.core.errors import UserError
from horuslib.evaluation import metrics
from horuslib.focus.settings import FocusSettings
from horuslib.focus.tuning.auxiliary import with_auxiliaries
from horuslib.focus.tuning.batches import OCCLUDING, check_batch, draw, pool, quotas
from horuslib.tasks import Task
from horuslib.training.backbone import BACKBONE
from horuslib.training.batches import shift_and_mask
from horuslib.training.frozen import head_of, numbers_of, stays_frozen
from horuslib.training.model import LOGITS
from horuslib.training.train import predict

log = logging.getLogger(__name__)
HISTORY = ["run", "stage", "epoch", "learning_rate", "examples", "batches", "loss", "accuracy"]
HISTORY += ["unseen_loss", "unseen_macro_f1", "moved_backbone", "moved_head", "seconds"]


@dataclass(frozen=True)
class Focus:
    """What the runs of a fine-tune share.

    Attributes
    ----------
    label : the class in focus.
    features : (N, height, width) stored inputs; `row` of the tables points into them.
    hard : segment_id of hard examples: errors out of fold, under corrected labels.
    confused : labels that the focus is confused with, for the contrastive loss.
    """

    label: str
    features: np.ndarray
    settings: FocusSettings
    task: Task
    hard: Sequence[str] = ()
    confused: Sequence[str] = ()


@dataclass(frozen=True)
class Tuned:
    """A fine-tuned model, and what each stage did (`HISTORY`, a row per epoch; epoch 0 is the start)."""

    model: Any
    history: pd.DataFrame


def examples_of(index: pd.DataFrame, state: pd.DataFrame, transforms: Mapping[str, str]) -> pd.DataFrame:
    """What may be trained on: rows of the features under the labels that the relabelling left them.

    Variations follow their file's label; generated examples (of another class than their file) keep their own, where
    their file stays in.

    Parameters
    ----------
    index : 04_features' table. state : of `relabel.relabelled`. transforms : example_id of a variation -> its JSON.

    Returns
    -------
    row, segment_id, group_id, fold, split, kind, label, generated, occluded; training rows only.
    """
    now = state.set_index("segment_id")["label"]
    rows = index[(index["split"] == "train") & index["segment_id"].isin(now.index)]
    generated = rows["label"] != rows["source_label"]
    label = rows["segment_id"].map(now).where(~generated, rows["label"])
    out = rows["segment_id"].map(now).isna()
    made = rows["example_id"].map(transforms).fillna("")
    found = rows[["row", "segment_id", "group_id", "fold", "split", "kind"]].assign(label=label, generated=generated)
    occluded = made.map(lambda text: any(name in text for name in OCCLUDING))
    return found.assign(occluded=occluded)[~out].reset_index(drop=True)


def start_model(path: Path, dropout: float, task: Task):
    """A model to train on, without the temperature that an exported one has.

    Raises
    ------
    UserError
        When there is none, or it is not of this task.
    """
    import keras

    if not path.is_file():
        raise UserError(f"There is no model {path} to start from: run `make all TASK={task.name}` first.")
    recorder.record_file(path, sha256_file(path))
    loaded = keras.saving.load_model(path, compile=False)
    names = [layer.name for layer in loaded.layers]
    if LOGITS not in names or BACKBONE not in names or loaded.output_shape[-1] != len(task.labels):
        raise UserError(f"{path} is no model of task {task.name}: export it again with `make export TASK={task.name}`.")
    logits = loaded.get_layer(LOGITS).output
    model = keras.Model(loaded.input, keras.layers.Softmax(name="probabilities")(logits), name=loaded.name)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = dropout
    model.get_layer(BACKBONE).trainable = True
    for layer in (*model.layers, *model.get_layer(BACKBONE).layers):
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    return model


def fine_tune(
    start: Path,
    examples: pd.DataFrame,
    unseen: pd.DataFrame,
    focus: Focus,
    run: str,
    learning_rate: float | None = None,
) -> Tuned:
    """Fine-tune one model through the curriculum.

    Parameters
    ----------
    start : the model's file.
    examples : of `examples_of`, those that this run may learn from.
    unseen : the same for files that are only watched; may be empty. Nothing is chosen by them.
    learning_rate : instead of the settings', of every stage alike.

    Raises
    ------
    UserError
        When a label has no example, or the training diverges.
    """
    import keras

    features, settings, task = focus.features, focus.settings, focus.task
    missing = [label for label in task.labels if label not in set(examples["label"])]
    if missing:
        raise UserError(
            f"{run}: no example of {', '.join(missing)} is left to learn from: undo tags that take them out."
        )
    keras.utils.set_random_seed(task.seed)
    rng = np.random.default_rng([task.seed, *run.encode()])
    model = start_model(start, settings.training.dropout, task)
    before = _weights(model)
    wanted, how = quotas(settings, focus.label, task.labels), settings.training
    numbers = numbers_of(model, features, task) if stays_frozen(task) else None
    auxiliary = with_auxiliaries(model, focus.label, focus.confused, features, how, task)
    if numbers is not None:
        auxiliary = replace(auxiliary, model=head_of(auxiliary.model))
    auxiliary.model.compile(
        optimizer=keras.optimizers.AdamW(how.learning_rate, weight_decay=how.weight_decay),
        jit_compile=False,
        **auxiliary.compiled_with(keras.losses.CategoricalCrossentropy(label_smoothing=task.training.label_smoothing)),
    )
    rows, step = [_row(run, "start", 0, 0.0, model, before, features, unseen, task)], 0
    for epoch, stage in enumerate(settings.curriculum, 1):
        began, drawn = time.monotonic(), pool(examples, focus.hard, stage, rng)
        rate = learning_rate or stage.learning_rate or how.learning_rate
        number = min(how.most_batches, -(-drawn.examples // settings.batch.size))
        told: dict = {}
        for batch in draw(drawn, wanted, number, rng):
            step += 1
            auxiliary.model.optimizer.learning_rate = rate * min(1.0, step / max(1, how.warmup_steps))
            labels = _labels_of(batch, examples, wanted, task)
            inputs = _inputs(batch, features, task, rng) if numbers is None else numbers[batch]
            told = auxiliary.model.train_on_batch(inputs, auxiliary.all_targets(labels, batch), return_dict=True)
        row = _row(run, stage.name, epoch, rate, model, before, features, unseen, task)
        seen = {"examples": drawn.examples, "batches": number, "seconds": time.monotonic() - began}
        rows.append({**row, **seen, "loss": float(told["loss"]), "accuracy": _accuracy(told)})
        log.info("%s, %s: loss %.3f, %.0f s", run, stage.name, rows[-1]["loss"], rows[-1]["seconds"])
        auxiliary.model.reset_metrics()
    history = pd.DataFrame(rows, columns=HISTORY)
    if history["loss"].iloc[1:].isna().any():
        raise UserError(f"{run} diverged: its loss is NaN. Lower the learning rate of the focus settings.")
    return Tuned(model, history)


def _accuracy(told: Mapping[str, Any]) -> float:
    """Of the labels, whatever else the model predicts."""
    return float(next(value for name, value in told.items() if name.endswith("accuracy")))


def _labels_of(batch: np.ndarray, examples: pd.DataFrame, wanted: dict, task: Task) -> np.ndarray:
    """One-hot labels of a batch, which is checked against its quotas."""
    labels = examples.set_index("row")["label"].loc[batch]
    check_batch(labels, wanted, examples["label"].unique())
    return np.eye(len(task.labels), dtype=np.float32)[labels.map(task.labels.index).to_numpy(int)]


def _inputs(batch: np.ndarray, features: np.ndarray, task: Task, rng: np.random.Generator) -> np.ndarray:
    """Model inputs of a batch, varied as in training."""
    pictures = features[batch].astype(np.float32)
    shift_and_mask(pictures, task.training.shift_frames, task.training.mask_frames, rng)
    return with_channels(pictures, task.front_end)


def _row(
    run: str, stage: str, epoch: int, rate: float, model, before, features, unseen: pd.DataFrame, task: Task
) -> dict:
    row = {"run": run, "stage": stage, "epoch": epoch, "learning_rate": rate, "seconds": 0.0}
    moved = {f"moved_{name}": change for name, change in _moved(model, before).items()}
    return {**row, **moved, **_watched(model, features, unseen, task)}


def _watched(model, features: np.ndarray, unseen: pd.DataFrame, task: Task) -> dict[str, float]:
    """Loss and macro-F1 of files that are not learnt from."""
    if unseen.empty:
        return {}
    table = predict(model, features, unseen.set_index("row", drop=False), task)
    p = table[[f"p_{label}" for label in task.labels]].to_numpy()
    right = p[np.arange(len(p)), table["label"].map(task.labels.index).to_numpy(int)]
    loss = float(-np.log(np.maximum(right, 1e-7)).mean())
    return {
        "unseen_loss": loss,
        "unseen_macro_f1": metrics.macro_f1_of(table["label"], table["predicted"], task.labels),
    }


def _weights(model) -> dict[str, list[np.ndarray]]:
    backbone = model.get_layer(BACKBONE)
    inside = {id(w) for w in backbone.trainable_weights}
    head = [w for w in model.trainable_weights if id(w) not in inside]
    return {"backbone": [w.numpy() for w in backbone.trainable_weights], "head": [w.numpy() for w in head]}


def _moved(model, before: dict[str, list[np.ndarray]]) -> dict[str, float]:
    """How far the weights are from where they began, over their length there."""
    return {
        name: float(
            np.sqrt(sum(np.sum((a - b) ** 2) for a, b in zip(now, before[name], strict=True)))
            / max(np.sqrt(sum(np.sum(b**2) for b in before[name])), 1e-12)
        )
        for name, now in _weights(model).items()
    }
