"""The exported package: a model that Horus can load, and its metadata.

audio_model_finetune.keras            built-in layers only, softmax output, the calibration temperature folded in
audio_model_finetune.tflite           the same model for TensorFlow Lite, which `horus scan` runs
audio_model_finetune.metadata.json    the whole task, thresholds, metrics, versions, hashes (also as metadata.json)
labels.csv, training_files/labels.csv
thresholds.json, .env.horus           thresholds for `horus scan`, and for Horus, which runs the network alone
README.md                             English and Portuguese
model_audio_keras/                    all that Horus needs, in the layout of its validator: preprocess.py, models/, and
                                      scripts that check it where horuslib is not installed
model_audio_keras.zip                 that folder as one file
"""

import os
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

import jinja2

from horuslib.core.artifacts import sha256_file, take_place, write_bytes, write_json
from horuslib.core.errors import UserError
from horuslib.evaluation.thresholds import MEANT_FOR, NETWORK, PREFIX, meant_for, share, variable
from horuslib.export.files import run_inference_test, validate_audio_model_for_horus
from horuslib.export.lite import lite_model
from horuslib.export.metadata import metadata
from horuslib.inference.detector import model_id
from horuslib.inference.package import LABELS, METADATA_SUFFIX
from horuslib.tasks import Task
from horuslib.training.model import LOGITS, weights_sha256, with_temperature

NAME = "audio_model_finetune"
MODEL, LITE_MODEL, METADATA = f"{NAME}.keras", f"{NAME}.tflite", f"{NAME}{METADATA_SUFFIX}"
PACKAGE = "model_audio_keras"
"""Name expected by Horus."""
FLAT = (MODEL, METADATA, "metadata.json", LABELS, f"training_files/{LABELS}")
"""Files of the package's `models` folder, which Horus expects in its models folder."""
_FILES = Path(__file__).parent / "files"
_SCRIPTS = (run_inference_test, validate_audio_model_for_horus)
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The earliest date a zip can store: the same content gives the same file, whenever it is written."""


def write_bundle(
    folder: str | Path,
    task: Task,
    model_path: str | Path,
    calibration: Mapping[str, object],
    thresholds: Mapping[str, float],
    metrics: Mapping[str, object],
    training_summary: Mapping[str, object],
    thresholds_alone: Mapping[str, float] | None = None,
) -> Path:
    """Write the package atomically: the previous content of `folder` stays until the new one is complete.

    Parameters
    ----------
    model_path : the trained Keras model, uncalibrated.
    calibration : `temperature`, by which the logits are divided, and optionally `fusion` (`evaluation.fusion`).
    thresholds : one per fault label, for `horus scan`, which fuses the network's output with measures.
    thresholds_alone : for running the network alone, as Horus does; defaults to `thresholds`.
    metrics, training_summary : copied into the metadata unchanged.

    Raises
    ------
    UserError
        When the model does not fit the task, a threshold is missing or not in 0 to 1, the temperature is not positive,
        or the folder cannot be written.
    """
    folder = Path(folder)
    missing = [label for label in task.faults if label not in thresholds]
    if missing:
        raise UserError(f"There is no threshold for {', '.join(missing)}: run `make evaluate TASK={task.name}` first.")
    thresholds = {label: share(thresholds[label], f"The threshold of {label}") for label in task.faults}
    alone = {label: (thresholds_alone or thresholds)[label] for label in task.faults}
    model = calibrated_model(model_path, task, float(calibration["temperature"]))
    private = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    shutil.rmtree(private, ignore_errors=True)
    try:
        package = private / PACKAGE
        hashes = _write_package(package, task, model)
        about = metadata(task, calibration, thresholds, metrics, training_summary, hashes)
        about["thresholds_alone"] = alone
        about["sha256_weights"] = weights_sha256(model)
        write_bytes(private / LITE_MODEL, lite_model(model))
        about["sha256_tflite"] = sha256_file(private / LITE_MODEL)
        for name in (METADATA, "metadata.json"):
            write_json(package / "models" / name, about)
        for place in (package, private):
            _write_texts(place, task, alone, model_id(about["sha256"]))
        for name in FLAT:
            write_bytes(private / name, (package / "models" / name).read_bytes())
        write_json(private / "thresholds.json", thresholds)
        _write_zip(package, private / f"{PACKAGE}.zip")
        take_place(private, folder)
    except OSError as e:
        raise UserError(
            f"{folder} could not be written ({e.strerror or e}); its previous content is unchanged. Make room or "
            f"choose another place, then run `make export TASK={task.name}` again."
        ) from e
    finally:
        shutil.rmtree(private, ignore_errors=True)
    return folder


def calibrated_model(model_path: str | Path, task: Task, temperature: float):
    """The trained Keras model with its logits divided by the temperature.

    Raises
    ------
    UserError
        When the temperature is not positive, the model does not load, or does not have one logit per label.
    """
    import keras

    if not temperature > 0:
        raise UserError(f"The calibration temperature is {temperature}: it must be greater than 0.")
    again = f"train it with `make train TASK={task.name}`."
    try:
        model = keras.saving.load_model(model_path, compile=False)
    except Exception as e:  # Keras passes on any error of its zip, JSON or HDF5 reader
        raise UserError(f"{model_path} does not load as a Keras model ({type(e).__name__}): {again}") from e
    if model.output_shape != (None, len(task.labels)) or LOGITS not in [layer.name for layer in model.layers]:
        raise UserError(
            f"{model_path} does not end in a layer `{LOGITS}` with {len(task.labels)} outputs, one per label of task "
            f"{task.name}: {again}"
        )
    return with_temperature(model, temperature)


def env_lines(task: Task, thresholds: Mapping[str, float], model: str = "") -> list[str]:
    """The thresholds as lines of Horus's `.env`; `DEFAULT` applies to labels without a line."""
    lines = [f"{variable(label)}={thresholds[label]:.4g}" for label in task.faults]
    lines.append(f"{PREFIX}DEFAULT={task.decision.default_threshold:.4g}")
    return [*lines, f"{MEANT_FOR}={meant_for(NETWORK, model)}"]


def labels_csv(task: Task) -> bytes:
    """Header `class`, then one label per line, in the order of the model's output."""
    return "\n".join(["class", *task.labels, ""]).encode()


def _write_package(package: Path, task: Task, model) -> dict[str, str]:
    """Write the files of model_audio_keras whose hashes the metadata lists: path -> SHA-256."""
    (package / "models").mkdir(parents=True)
    model.save(package / "models" / MODEL)
    write_bytes(package / "preprocess.py", _render("preprocess.py.j2", task))
    for name in (LABELS, f"training_files/{LABELS}"):
        write_bytes(package / "models" / name, labels_csv(task))
    for script in map(Path, (script.__file__ for script in _SCRIPTS)):
        write_bytes(package / script.name, script.read_bytes())
    return {path.relative_to(package).as_posix(): sha256_file(path) for path in _files(package)}


def _write_texts(folder: Path, task: Task, thresholds: Mapping[str, float], model: str) -> None:
    lines, shape = env_lines(task, thresholds, model), " x ".join(map(str, task.front_end.input_shape))
    write_bytes(folder / ".env.horus", ("\n".join(lines) + "\n").encode())
    write_bytes(folder / "README.md", _render("README.md.j2", task, env_lines=lines, shape=shape))


def _render(template: str, task: Task, **values: object) -> bytes:
    loader = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FILES), undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    return loader.get_template(template).render(task=task, front=task.front_end, model=MODEL, **values).encode()


def _write_zip(package: Path, path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in _files(package):
            entry = zipfile.ZipInfo(file.relative_to(package.parent).as_posix(), _LONG_AGO)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
