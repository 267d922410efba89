"""A trained model with everything that scanning needs to know about it, read from the package that leaves the house."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import ValidationError

from horuslib import __version__
from horuslib.core.artifacts import sha256_file
from horuslib.core.errors import UserError
from horuslib.evaluation.fusion import Fusion
from horuslib.evaluation.thresholds import settle
from horuslib.inference.runtime import KerasModel, LiteModel
from horuslib.tasks import Task

MODEL = "audio_model_finetune.keras"
LITE_MODEL = "audio_model_finetune.tflite"
METADATA = "audio_model_finetune.metadata.json"
LABELS = "labels.csv"
_AGAIN = "Export it again with `make export`."


@dataclass(frozen=True)
class Detector:
    """A task, its thresholds, and a model that gives calibrated probabilities.

    Example
    -------
    >>> detector = Detector.load("artifacts/horus/export")      # doctest: +SKIP
    >>> detector.probabilities(inputs).sum(axis=1)              # doctest: +SKIP
    array([1., 1.], dtype=float32)
    """

    task: Task
    probabilities: Callable[[np.ndarray], np.ndarray] = field(repr=False)
    """Pictures (N, 128, 128, 1) -> calibrated probabilities (N, labels) float32."""
    thresholds: Mapping[str, float]
    metadata: Mapping[str, object] = field(repr=False)
    fusion: Fusion | None = field(default=None, repr=False)
    """How what is measured in the waveform weighs beside the model; None: the model alone decides."""

    @classmethod
    def load(
        cls,
        folder: str | Path,
        thresholds: Mapping[str, float] | None = None,
        runtime: Literal["auto", "keras"] = "auto",
        **places,
    ) -> "Detector":
        """Read an exported package.

        Parameters
        ----------
        folder : holds the model, its metadata and labels.csv, or has a folder `models` that does.
        thresholds : label -> threshold, before every other place that may set one.
        runtime : `auto` takes the package's TensorFlow Lite model, or its Keras model where it has no other.
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
        return cls(task, _model(folder, metadata, runtime), settled, metadata, metadata["fusion"])

    @property
    def signature(self) -> dict[str, object]:
        """What a diagnosis depends on beside the file: two detectors that sign alike say the same."""
        return {
            "task": self.task.name,
            "sha256": self.metadata.get("sha256"),
            "thresholds": {label: round(self.thresholds[label], 6) for label in self.task.faults},
            "horuslib": __version__,
        }


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
    """The metadata with `task` validated into a Task, and `fusion`, a Fusion or None."""
    try:
        metadata = json.loads(path.read_text("utf-8"))
        task, stored = Task.model_validate(metadata["task"]), metadata.get("calibration", {}).get("fusion")
        fusion = Fusion.from_dict(stored, task.labels) if stored else None
        return {**metadata, "task": task, "thresholds": dict(metadata["thresholds"]), "fusion": fusion}
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError) as e:
        raise UserError(f"{path} cannot be used as metadata ({_first_line(e)}). {_AGAIN}") from None


def _check_labels(path: Path, task: Task) -> None:
    lines = path.read_text("utf-8").split() if path.is_file() else []
    if lines != ["class", *task.labels]:
        raise UserError(
            f"{path} and the metadata disagree about the labels: {', '.join(lines[1:]) or 'none'} against "
            f"{', '.join(task.labels)}. {_AGAIN}"
        )


def _model(folder: Path, metadata: Mapping[str, object], runtime: str) -> LiteModel | KerasModel:
    task, hashes = metadata["task"], {MODEL: metadata.get("sha256"), LITE_MODEL: metadata.get("sha256_tflite")}
    for name, told in hashes.items():
        if told and (folder / name).is_file() and sha256_file(folder / name) != told:
            raise UserError(
                f"{folder / name} is damaged or was exchanged: its metadata tells of another file. {_AGAIN}"
            )
    lite = runtime == "auto" and (folder / LITE_MODEL).is_file()
    path, kind = (folder / LITE_MODEL, LiteModel) if lite else (folder / MODEL, KerasModel)
    try:
        model = kind(path)
    except Exception as e:  # both libraries raise whatever their readers met
        raise UserError(f"{path} does not load as a model ({_first_line(e)}). {_AGAIN}") from None
    wanted = (task.front_end.input_shape, (len(task.labels),))
    if model.shapes != wanted:
        takes, gives = model.shapes
        raise UserError(
            f"{path} takes pictures {takes} and gives {gives[0]} probabilities, where its metadata says {wanted[0]} "
            f"and {len(task.labels)} labels. {_AGAIN}"
        )
    return model


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else 'no details'}"[:160]
