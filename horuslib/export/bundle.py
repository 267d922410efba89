"""The folder that leaves the house: a model Horus can load, and what it must know about it.

audio_model_finetune.keras            built-in layers only, softmax output, the calibration temperature folded in
audio_model_finetune.metadata.json    the whole task, thresholds, metrics, versions, hash (also as metadata.json)
labels.csv, training_files/labels.csv
thresholds.json, .env.horus           the thresholds, for people and for Horus
model_audio_keras/                    the same laid out as Horus's validator wants it, with preprocess.py
README.md                             English and Portuguese
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import jinja2

from horuslib.artifacts import sha256_file, write_bytes, write_json
from horuslib.detect.detector import LABELS, METADATA, MODEL
from horuslib.detect.thresholds import PREFIX, share, variable
from horuslib.errors import UserError
from horuslib.export.metadata import metadata
from horuslib.learn.model import LOGITS, with_temperature
from horuslib.tasks import Task

_FILES = Path(__file__).parent / "files"


def write_bundle(
    folder: str | Path,
    task: Task,
    model_path: str | Path,
    calibration: Mapping[str, object],
    thresholds: Mapping[str, float],
    metrics: Mapping[str, object],
    training_summary: Mapping[str, object],
) -> Path:
    """Write the package whole or not at all; what stood in `folder` before stays until the new one is complete.

    Parameters
    ----------
    model_path : the trained Keras model, uncalibrated.
    calibration : holds `temperature`, by which the logits are divided.
    thresholds : one per fault label.
    metrics, training_summary : told in the metadata as they are.

    Raises
    ------
    UserError
        When the model does not fit the task, a threshold is missing or no share, or the temperature is not positive.
    """
    folder = Path(folder)
    missing = [label for label in task.faults if label not in thresholds]
    if missing:
        raise UserError(f"There is no threshold for {', '.join(missing)}: run `make evaluate TASK={task.name}` first.")
    thresholds = {label: share(thresholds[label], f"The threshold of {label}") for label in task.faults}
    private = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    shutil.rmtree(private, ignore_errors=True)
    try:
        private.mkdir(parents=True)
        calibrated_model(model_path, task, float(calibration["temperature"])).save(private / MODEL)
        about = metadata(task, calibration, thresholds, metrics, training_summary, sha256_file(private / MODEL))
        _write_texts(private, task, about)
        _write_horus_layout(private, task)
        _swap_in(private, folder)
    finally:
        shutil.rmtree(private, ignore_errors=True)
    return folder


def calibrated_model(model_path: str | Path, task: Task, temperature: float):
    """The trained Keras model with its logits divided by the temperature.

    Raises
    ------
    UserError
        When the temperature is not positive, or the model has not one logit per label.
    """
    import keras

    if not temperature > 0:
        raise UserError(f"The calibration temperature is {temperature}: it must be greater than 0.")
    model = keras.saving.load_model(model_path, compile=False)
    if model.output_shape != (None, len(task.labels)) or LOGITS not in [layer.name for layer in model.layers]:
        raise UserError(
            f"{model_path} does not end in a layer `{LOGITS}` with {len(task.labels)} outputs, one per label of task "
            f"{task.name}: train it with `make train TASK={task.name}`."
        )
    return with_temperature(model, temperature)


def env_lines(task: Task, thresholds: Mapping[str, float]) -> list[str]:
    """The thresholds as lines of Horus's `.env`; `DEFAULT` is for whatever label is not named."""
    lines = [f"{variable(label)}={thresholds[label]:.4g}" for label in task.faults]
    return [*lines, f"{PREFIX}DEFAULT={task.decision.default_threshold:.4g}"]


def labels_csv(task: Task) -> bytes:
    """Header `class`, then one label per line, in the order of the model's output."""
    return "\n".join(["class", *task.labels, ""]).encode()


def _write_texts(folder: Path, task: Task, about: Mapping[str, object]) -> None:
    lines = env_lines(task, about["thresholds"])
    for name in (METADATA, "metadata.json"):
        write_json(folder / name, about)
    for name in (LABELS, f"training_files/{LABELS}"):
        write_bytes(folder / name, labels_csv(task))
    write_json(folder / "thresholds.json", about["thresholds"])
    write_bytes(folder / ".env.horus", ("\n".join(lines) + "\n").encode())
    write_bytes(folder / "README.md", _render("README.md.j2", task, env_lines=lines))


def _write_horus_layout(folder: Path, task: Task) -> None:
    package = folder / "model_audio_keras"
    write_bytes(package / "preprocess.py", _render("preprocess.py.j2", task))
    for name in (MODEL, METADATA, "metadata.json", LABELS, f"training_files/{LABELS}"):
        write_bytes(package / "models" / name, (folder / name).read_bytes())


def _render(template: str, task: Task, **values: object) -> bytes:
    loader = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FILES), undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    return loader.get_template(template).render(task=task, front=task.front_end, model=MODEL, **values).encode()


def _swap_in(private: Path, folder: Path) -> None:
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    private.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
