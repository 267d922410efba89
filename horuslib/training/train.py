"""Cross-validation, from which all settings are chosen, then the final model, trained on all but the holdout.

Conventions
-----------
- `index` and `features` are what 04_features wrote: row i of `index` describes `features[i]`.
- A fold's model is trained on originals and variations of the other folds, and evaluated on the fold's originals only.
  The holdout is used neither for training nor for any choice.
- No model is evaluated on the data that stopped its training early: the number of epochs of a fold's model is found by
  a first training that also leaves out the next fold and monitors the loss there. Each of its phases ends when that
  loss has not improved for `patience` epochs. The fold's model is then trained on all other folds for the best number
  of epochs. Without `patience` the recipe's epochs are the number.
"""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from horuslib.audio.features import with_channels
from horuslib.core.errors import UserError
from horuslib.inference.runtime import compiled
from horuslib.tasks import Task
from horuslib.tasks.sections import Phase, Training
from horuslib.training.backbone import BACKBONE
from horuslib.training.frozen import head_of, numbers_of, stays_frozen
from horuslib.training.model import build_model, settle, settle_scales

log = logging.getLogger(__name__)
HISTORY = ["run", "phase", "epoch", "loss", "val_loss", "accuracy", "val_accuracy", "learning_rate", "seconds"]
PREDICTING = 64
"""Batch size of predictions."""


@dataclass(frozen=True)
class Trained:
    """Results of a cross-validation or a final training: tables as 05_train writes them."""

    history: pd.DataFrame
    """One row per epoch (columns `HISTORY`)."""
    predictions: pd.DataFrame
    """One row per original segment: segment_id, fold, split, label, p_<label>..., predicted, confidence."""
    augmented: pd.DataFrame = field(default_factory=pd.DataFrame)
    """The same for each fold's variations, with example_id: more out-of-fold predictions to fit the decision on."""
    best_epochs: dict[str, dict[str, int]] = field(default_factory=dict)
    """run -> phase -> epochs after which the validation loss was lowest."""


def cross_validate(features: np.ndarray, index: pd.DataFrame, task: Task, folder: Path) -> Trained:
    """Train one model per fold and predict each fold by the model that was not trained on it.

    Parameters
    ----------
    features : (N, 128, 128) log-mel spectrograms, memory-mapped or in memory.
    index : 04_features' table.
    folder : each fold's model is kept here as `fold_<k>.keras`.

    Raises
    ------
    UserError
        When there are fewer than two folds, or a training diverges.
    """
    training = index[index["split"] == "train"]
    folds = sorted(training.loc[training["fold"] >= 0, "fold"].unique())
    if len(folds) < 2:
        raise UserError(
            f"Cross-validation needs at least two folds, the features have {len(folds)}: see {task.steps['ingest']}."
        )
    histories, predictions, augmented, best_epochs = [], [], [], {}
    for fold in folds:
        run = f"fold_{fold}"
        learn = training.index[(training["fold"] != fold) & _learned_from(training, task)].to_numpy()
        unseen = training.index[(training["fold"] == fold) & (training["kind"] == "original")].to_numpy()
        if task.training.patience is None:
            best_epochs[run] = {phase.name: phase.epochs for phase in phases(task)}
        else:
            inner, validation = _inner_split(training, fold)
            inner = np.intersect1d(inner, training.index[_learned_from(training, task)])
            log.info("%s: %d training examples, %d of them to find the number of epochs", run, len(learn), len(inner))
            _, history = _fit(features, index, task, inner, run, validate=validation)
            best_epochs[run] = _best_epochs(history)
            histories.append(history)
        log.info("%s: trained on %d examples for %s", run, len(learn), _in_words(best_epochs[run]))
        watched = unseen if task.training.patience is None else None  # shown, and of no influence
        model, trained = _fit(features, index, task, learn, run, watched, best_epochs[run])
        if task.training.patience is None:
            histories.append(trained)
        model = _kept(model, folder / f"{run}.keras")
        predictions.append(predict(model, features, index.loc[unseen], task))
        varied = training[(training["fold"] == fold) & (training["kind"] == "variation")]
        augmented.append(predict(model, features, varied, task).assign(example_id=varied["example_id"].to_numpy()))
    tables = (pd.concat(parts, ignore_index=True) for parts in (histories, predictions, augmented))
    return Trained(next(tables), next(tables), next(tables), best_epochs)


def train_final(
    features: np.ndarray,
    index: pd.DataFrame,
    task: Task,
    folder: Path,
    best_epochs: dict[str, dict[str, int]],
) -> Trained:
    """Train on everything but the holdout, for as many epochs as were best in the folds, and predict the holdout.

    The model is kept in `folder` as `model.keras`. Parameters as in `cross_validate`; each phase lasts for the median
    of its `best_epochs` over the folds.
    """
    learn = index.index[(index["split"] == "train") & _learned_from(index, task)].to_numpy()
    epochs = {p.name: round(np.median([best[p.name] for best in best_epochs.values()])) for p in phases(task)}
    log.info("final: %d training examples, %s", len(learn), _in_words(epochs))
    model, history = _fit(features, index, task, learn, "final", epochs=epochs)
    model = _kept(model, folder / "model.keras")
    holdout = index[(index["split"] == "holdout") & (index["kind"] == "original")]
    return Trained(history, predict(model, features, holdout, task))


def _inner_split(training: pd.DataFrame, fold: int) -> tuple[np.ndarray, np.ndarray]:
    """Training and validation rows of the training that finds the number of epochs for a fold's model.

    The fold itself is in neither. The next fold is for validation; of only two folds, every second group of each class
    in the other one, so that no class is validated that was not trained on. Where each class has a single group there,
    validation is on the training rows themselves.
    """
    others = training[training["fold"] != fold]
    folds = sorted(others["fold"].unique())
    if len(folds) > 1:
        watched = others["fold"] == next((f for f in folds if f > fold), folds[0])
    else:
        labels = others.groupby("group_id")["label"].first().sort_index(kind="stable")
        watched = others["group_id"].isin(labels.index[labels.groupby(labels).cumcount() % 2 == 1])
    originals = others.index[(watched if watched.any() else True) & (others["kind"] == "original")]
    return others.index[~watched].to_numpy(), originals.to_numpy()


def _learned_from(index: pd.DataFrame, task: Task) -> pd.Series:
    """Which rows are trained on: all, or the variations alone (`training.examples`)."""
    return (index["kind"] == "variation") | (task.training.examples == "all")


def _in_words(epochs: dict[str, int]) -> str:
    return ", ".join(f"{n} epochs of {name}" for name, n in epochs.items())


def predict(model, features: np.ndarray, examples: pd.DataFrame, task: Task) -> pd.DataFrame:
    """Uncalibrated predictions for rows of the index: their ids, p_<label> per label, predicted, confidence."""
    rows = examples.index.to_numpy()
    blocks = [rows[i : i + PREDICTING] for i in range(0, len(rows), PREDICTING)]
    if stays_frozen(task):
        numbers, forward = numbers_of(model, features, task), compiled(head_of(model))
        inputs = (numbers[block] for block in blocks)
    else:
        forward = compiled(model)
        inputs = (with_channels(features[block], task.front_end) for block in blocks)
    outputs = [forward(block).numpy() for block in inputs]
    probabilities = np.concatenate([np.empty((0, len(task.labels)), np.float32), *outputs])
    table = examples[["segment_id", "fold", "split", "label"]].reset_index(drop=True)
    table[[f"p_{label}" for label in task.labels]] = probabilities
    table["predicted"] = [task.labels[i] for i in probabilities.argmax(axis=1)]
    table["confidence"] = probabilities.max(axis=1, initial=0)
    return table


def phases(task: Task) -> list[Phase]:
    """The phases of this task's training; without pretrained weights, none trains the head only."""
    return task.training.scratch_phases if task.training.weights == "none" else task.training.phases


def _fit(
    features: np.ndarray,
    index: pd.DataFrame,
    task: Task,
    learn: np.ndarray,
    run: str,
    validate: np.ndarray | None = None,
    epochs: dict[str, int] | None = None,
):
    """Train one model: (model, history). A phase ends after `epochs`, or else by early stopping on the rows `validate`,
    with its best weights."""
    import keras

    from horuslib.augmentation.on_the_fly import OnTheFlyAugmentation
    from horuslib.training.batches import Batches, class_weights

    recipe = task.training
    keras.utils.set_random_seed(task.seed)
    labels = index["label"].map(task.labels.index).to_numpy()
    weights = index["weight"].to_numpy(np.float32)
    if recipe.balance == "class_weight":
        weights = weights * class_weights(labels[learn], len(task.labels)).astype(np.float32)[labels]
    model = build_model(task)
    trained, numbers = model, None
    if stays_frozen(task):
        numbers = numbers_of(model, features, task)
        settle(model, numbers[learn])
        trained = head_of(model)
    else:
        blocks = (learn[i : i + PREDICTING] for i in range(0, len(learn), PREDICTING))
        settle_scales(model, (with_channels(features[block], task.front_end) for block in blocks))
    fresh = OnTheFlyAugmentation(features, index, learn, task) if recipe.fresh else None
    batches = Batches(features, learn, labels, weights, task, np.random.default_rng(task.seed), fresh, numbers)
    unseen = None if validate is None else Batches(features, validate, labels, weights, task, numbers=numbers)
    history: list[dict] = []
    for phase in phases(task):
        _release(model.get_layer(BACKBONE), phase, recipe)
        length = phase.epochs if epochs is None else epochs[phase.name]
        stopping = []
        if unseen is not None and epochs is None:
            stopping.append(
                keras.callbacks.EarlyStopping("val_loss", patience=recipe.patience, restore_best_weights=True)
            )
        trained.compile(
            optimizer=keras.optimizers.Adam(
                _rate(phase, length * len(batches)), weight_decay=recipe.weight_decay or None
            ),
            loss=keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
            metrics=["accuracy"],
            jit_compile=False,  # compiled depthwise convolutions are seven times slower on CPUs
        )
        trained.fit(
            batches,
            validation_data=unseen,
            epochs=length,
            verbose=0,
            callbacks=[_recorder(history, trained, run, phase), *stopping],
        )
    table = pd.DataFrame(history, columns=HISTORY)
    if unseen is not None and table["val_loss"].isna().all():
        raise UserError(f"{run} diverged: its loss was always NaN. Lower the learning rates of task {task.name}.")
    return model, table


def _kept(model, path: Path):
    """Save a model, and give what the file holds."""
    import keras

    model.save(path)
    return keras.models.load_model(path, compile=False)


def _release(backbone, phase: Phase, recipe: Training) -> None:
    """Unfreeze or freeze the backbone for this phase; the recipe may keep its batch normalisation frozen."""
    backbone.trainable = phase.layers == "all"
    if recipe.freeze_batch_norm and recipe.weights != "none":
        for layer in _batch_norms(backbone):
            layer.trainable = False


def _batch_norms(model) -> Iterator:
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            yield layer
        elif isinstance(layer, keras.Model):
            yield from _batch_norms(layer)


def _rate(phase: Phase, batches: int):
    """The phase's learning rate; a cosine decay reaches its minimum after this many batches."""
    import keras

    if phase.schedule == "constant":
        return phase.learning_rate
    return keras.optimizers.schedules.CosineDecay(phase.learning_rate, max(1, batches), alpha=0.01)


def _recorder(history: list[dict], model, run: str, phase: Phase):
    """A callback that adds a row to `history` and logs a line after each epoch."""
    import keras

    began = time.time()

    def record(epoch: int, logs: dict) -> None:
        nonlocal began
        row: dict[str, Any] = {"run": run, "phase": phase.name, "epoch": epoch + 1, "seconds": time.time() - began}
        row |= {name: float(logs.get(name, np.nan)) for name in ("loss", "val_loss", "accuracy", "val_accuracy")}
        row["learning_rate"] = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
        history.append(row)
        validation = f", validation {row['val_loss']:.3f} ({row['val_accuracy']:.0%} correct)"
        log.info(
            f"{run} {phase.name} {epoch + 1}: loss {row['loss']:.3f} ({row['accuracy']:.0%} correct)"
            f"{'' if np.isnan(row['val_loss']) else validation}, "
            f"{row['seconds']:.0f} s"
        )
        began = time.time()

    return keras.callbacks.LambdaCallback(on_epoch_end=record)


def _best_epochs(history: pd.DataFrame) -> dict[str, int]:
    """Phase -> epochs to its lowest validation loss; 0 when the phase did not improve it."""
    best, epochs = np.inf, {}
    for name, rows in history.groupby("phase", sort=False):
        lowest = rows["val_loss"].min()
        epochs[name] = int(rows.loc[rows["val_loss"].idxmin(), "epoch"]) if lowest < best else 0
        best = min(best, lowest)
    return epochs
