"""A trained model with everything that scanning needs to know about it, read from an exported package."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import ValidationError

from horuslib import __version__
from horuslib.core import recorder
from horuslib.core.artifacts import sha256_file
from horuslib.core.errors import UserError
from horuslib.evaluation.fusion import Fusion
from horuslib.evaluation.thresholds import DECISION, settle
from horuslib.inference.package import AGAIN, Package, find_package
from horuslib.inference.runtime import KerasModel, LiteModel
from horuslib.tasks import Task

DECISION_VERSION = 3
"""Version of the code between probabilities and events: raised when the same model and rules give other diagnoses."""


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
    """Model inputs (N, *front_end.input_shape) -> calibrated probabilities (N, labels) float32."""
    thresholds: Mapping[str, float]
    metadata: Mapping[str, Any] = field(repr=False)
    fusion: Fusion | None = field(default=None, repr=False)
    """How what is measured in the waveform weighs beside the model; None: the model alone decides."""
    sustained: Mapping[str, float] = field(default_factory=dict, repr=False)
    """Label -> share of the threshold's odds that is enough where it lasts (`evaluation.events.sustained`)."""

    @classmethod
    def load(
        cls,
        folder: str | Path,
        thresholds: Mapping[str, float] | None = None,
        runtime: Literal["auto", "keras"] = "auto",
        **places: Any,
    ) -> "Detector":
        """Read an exported package.

        Parameters
        ----------
        folder : holds the model, its metadata and labels.csv, or has a folder `models` that does.
        thresholds : label -> threshold, before every other place that may set one.
        runtime : `auto` uses the package's TensorFlow Lite model, or its Keras model where it has no other.
        places : `environment` and `dotenv`, as in `thresholds.settle`.

        Raises
        ------
        UserError
            When the folder or a file is missing, the labels disagree, the model does not load, or a threshold is no
            share.
        """
        package = find_package(Path(folder))
        metadata = _metadata(package.metadata)
        task, fusion = metadata["task"], metadata["fusion"]
        _check_labels(package.labels, task)
        scale = DECISION if fusion is not None and fusion.measures else None
        settled = settle(
            task, metadata["thresholds"], thresholds, scale=scale, model=model_id(metadata["sha256"]), **places
        )
        return cls(task, _model(package, metadata, runtime), settled, metadata, fusion, metadata["sustained"])

    @cached_property
    def signature(self) -> dict[str, object]:
        """Which detector a diagnosis comes from.

        Two detectors with the same `key` give the same diagnoses: it covers the content of the weights, the rules and
        the version of the decision, and no date, title or version of the software.
        """
        thresholds = {label: round(self.thresholds[label], 6) for label in self.task.faults}
        with recorder.paused():
            task = self.task.model_dump(mode="json", include={"labels", "kinds", "front_end", "decision"})
        parts = {
            "weights": self.metadata.get("sha256_weights") or self.metadata.get("sha256"),
            "task": task,
            "thresholds": thresholds,
            "temperature": self.metadata.get("calibration", {}).get("temperature"),
            "fusion": self.fusion.as_dict(self.task.labels) if self.fusion else None,
            "decision": DECISION_VERSION,
        }
        if self.sustained:
            parts["sustained"] = {label: round(share, 9) for label, share in sorted(self.sustained.items())}
        return {
            "task": self.task.name,
            "sha256": self.metadata.get("sha256"),
            "thresholds": thresholds,
            "horuslib": __version__,
            "key": hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest(),
        }


def model_id(sha256: str) -> str:
    """The short name of a model, by the hash of its file."""
    return sha256[:12]


def _metadata(path: Path) -> dict[str, Any]:
    """The metadata with `task` validated into a Task, `fusion`, a Fusion or None, and `sustained`."""
    try:
        metadata = json.loads(path.read_text("utf-8"))
        with recorder.paused():
            task = Task.model_validate(metadata["task"])
        calibration = metadata.get("calibration", {})
        stored = calibration.get("fusion")
        fusion = Fusion.from_dict(stored, task.labels) if stored else None
        sustained = {label: float(x) for label, x in calibration.get("sustained", {}).items() if label in task.faults}
        known = {"task": task, "thresholds": dict(metadata["thresholds"]), "fusion": fusion, "sustained": sustained}
        return {**metadata, **known, "sha256": str(metadata.get("sha256") or "")}
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError) as e:
        raise UserError(f"{path} cannot be used as metadata ({_first_line(e)}). {AGAIN}") from None


def _check_labels(path: Path, task: Task) -> None:
    lines = path.read_text("utf-8").split() if path.is_file() else []
    if lines != ["class", *task.labels]:
        raise UserError(
            f"{path} and the metadata disagree about the labels: {', '.join(lines[1:]) or 'none'} against "
            f"{', '.join(task.labels)}. {AGAIN}"
        )


def _model(package: Package, metadata: Mapping[str, Any], runtime: str) -> LiteModel | KerasModel:
    task: Task = metadata["task"]
    for path, stated in ((package.model, metadata["sha256"]), (package.lite_model, metadata.get("sha256_tflite"))):
        if stated and path.is_file() and sha256_file(path) != stated:
            raise UserError(f"{path} is damaged or was exchanged: its metadata describes another file. {AGAIN}")
    lite = runtime == "auto" and package.lite_model.is_file()
    path, kind = (package.lite_model, LiteModel) if lite else (package.model, KerasModel)
    try:
        model = kind(path)
    except Exception as e:  # both libraries raise whatever their readers met
        raise UserError(f"{path} does not load as a model ({_first_line(e)}). {AGAIN}") from None
    wanted = (task.front_end.input_shape, (len(task.labels),))
    if model.shapes != wanted:
        takes, gives = model.shapes
        raise UserError(
            f"{path} takes pictures {takes} and gives {gives[0]} probabilities, where its metadata says {wanted[0]} "
            f"and {len(task.labels)} labels. {AGAIN}"
        )
    return model


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else 'no details'}"[:160]
