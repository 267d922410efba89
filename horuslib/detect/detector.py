"""A trained model with everything that scanning needs to know about it, read from the package that leaves the house."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from horuslib.detect.thresholds import settle
from horuslib.errors import UserError
from horuslib.tasks import Task

MODEL = "audio_model_finetune.keras"
METADATA = "audio_model_finetune.metadata.json"
LABELS = "labels.csv"
_BATCH = 64
_AGAIN = "Export it again with `make export`."


@dataclass(frozen=True)
class Detector:
    """A task, its thresholds, and a Keras model that gives calibrated probabilities.

    Example
    -------
    >>> detector = Detector.load("artifacts/horus/export")      # doctest: +SKIP
    >>> detector.probabilities(inputs).sum(axis=1)              # doctest: +SKIP
    array([1., 1.], dtype=float32)
    """

    task: Task
    model: object = field(repr=False)
    thresholds: Mapping[str, float]
    metadata: Mapping[str, object] = field(repr=False)

    @classmethod
    def load(cls, folder: str | Path, thresholds: Mapping[str, float] | None = None, **places) -> "Detector":
        """Read an exported package.

        Parameters
        ----------
        folder : holds the model, its metadata and labels.csv, or has a folder `models` that does.
        thresholds : label -> threshold, before every other place that may set one.
        places : `environment` and `dotenv`, as in `thresholds.settle`.

        Raises
        ------
        UserError
            When the folder or a file is missing, the labels disagree, the model does not load, or a threshold is no
            share.
        """
        folder = _package(Path(folder))
        metadata = _metadata(folder / METADATA)
        task = metadata["task"]
        _check_labels(folder / LABELS, task)
        settled = settle(task, metadata["thresholds"], thresholds, **places)
        model = _model(folder / MODEL, task)
        return cls(task, model, settled, metadata)

    def probabilities(self, inputs: np.ndarray) -> np.ndarray:
        """Calibrated probabilities (N, labels) float32 of pictures (N, 128, 128, 1), computed in batches."""
        if not len(inputs):
            return np.zeros((0, len(self.task.labels)), np.float32)
        starts = range(0, len(inputs), _BATCH)
        return np.concatenate([self._forward(inputs[k : k + _BATCH]).numpy() for k in starts])

    @cached_property
    def _forward(self):
        """The model compiled once for batches of any length."""
        import tensorflow as tf

        shape = tf.TensorSpec((None, *self.task.front_end.input_shape), tf.float32)
        return tf.function(lambda x: self.model(x, training=False), input_signature=[shape])


def _package(folder: Path) -> Path:
    if not folder.is_dir():
        raise UserError(
            f"There is no model folder {folder}: train and export one with `make all`, or name another with --model."
        )
    found = next((f for f in (folder, folder / "models") if (f / METADATA).is_file()), None)
    if found is None:
        raise UserError(
            f"{folder} has no {METADATA}, so it is no exported package. Name the folder that `make all` exported."
        )
    if not (found / MODEL).is_file():
        raise UserError(f"{found} has no {MODEL}. {_AGAIN}")
    return found


def _metadata(path: Path) -> dict:
    """The metadata with `task` validated into a Task."""
    try:
        metadata = json.loads(path.read_text("utf-8"))
        return {**metadata, "task": Task.model_validate(metadata["task"]), "thresholds": dict(metadata["thresholds"])}
    except (ValueError, KeyError, TypeError, ValidationError) as e:
        raise UserError(f"{path} cannot be used as metadata ({_first_line(e)}). {_AGAIN}") from None


def _check_labels(path: Path, task: Task) -> None:
    lines = path.read_text("utf-8").split() if path.is_file() else []
    if lines != ["class", *task.labels]:
        raise UserError(
            f"{path} and the metadata disagree about the labels: {', '.join(lines[1:]) or 'none'} against "
            f"{', '.join(task.labels)}. {_AGAIN}"
        )


def _model(path: Path, task: Task):
    import keras

    try:
        model = keras.saving.load_model(path, compile=False)
    except Exception as e:  # Keras raises whatever its reader of zip, JSON or HDF5 met
        raise UserError(f"{path} does not load as a Keras model ({_first_line(e)}). {_AGAIN}") from None
    wanted = ((None, *task.front_end.input_shape), (None, len(task.labels)))
    if (model.input_shape, model.output_shape) != wanted:
        raise UserError(
            f"{path} takes {model.input_shape} and gives {model.output_shape}, where its metadata says {wanted[0]} and "
            f"{wanted[1]} (one per label). {_AGAIN}"
        )
    return model


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else 'no details'}"[:160]
