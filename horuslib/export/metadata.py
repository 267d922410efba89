"""The metadata of a package: the model's input, its output and its provenance."""

import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import PurePath

from horuslib import __version__
from horuslib.audio.features import POWER_FLOOR
from horuslib.audio.fit import FRAME_S, NEAR_SILENCE_DB
from horuslib.export.files.validate_audio_model_for_horus import MODEL
from horuslib.tasks import Task
from horuslib.tasks.sections import FrontEnd

FORMAT = 1
"""Format version of the metadata."""
_RESIZE = "bilinear, half-pixel centres (cv2.INTER_LINEAR), low bands in row 0"


def metadata(
    task: Task,
    calibration: Mapping[str, object],
    thresholds: Mapping[str, float],
    metrics: Mapping[str, object],
    training_summary: Mapping[str, object],
    files: Mapping[str, str],
) -> dict:
    """The content of audio_model_finetune.metadata.json.

    Parameters
    ----------
    files : path in model_audio_keras -> SHA-256, of every required file of the package.

    Keys that Horus and its validator read are given in addition to this project's own: `duration` equals
    `segment_duration_s`; `fmax` and the other mel parameters are top-level keys. `task` is the whole task, so that
    scanning needs nothing else.
    """
    front = task.front_end
    return {
        "format": FORMAT,
        "name": PurePath(MODEL).stem,
        "title": task.title,
        "labels": task.labels,
        "sample_rate": front.sample_rate_hz,
        "segment_duration_s": front.segment_s,
        "duration": front.segment_s,
        "hop_s": front.hop_s,
        "hop": front.hop_s,
        "input_shape": list(front.input_shape),
        "front_end": front.kind,
        "hears_level": front.hears_level,
        "n_mels": front.n_mels,
        "n_fft": front.n_fft,
        "hop_length": front.hop_length,
        "fmax": front.fmax_hz,
        "output": "softmax probabilities, one per label in order; the calibration temperature is part of the model",
        "preprocessing": preprocessing(front),
        "calibration": {**calibration, "folded_into_model": True},
        "thresholds": dict(thresholds),
        "metrics": dict(metrics),
        "training_data": dict(training_summary),
        "sha256": files[MODEL],
        "files": dict(files),
        "versions": {
            "horuslib": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in ("keras", "tensorflow", "librosa", "numpy")},
        },
        "task": task.model_dump(mode="json"),
    }


def preprocessing(front: FrontEnd) -> list[dict]:
    """Every preprocessing step from decoded sound to the model input, in order, with its parameters."""
    n = front.segment_samples
    return [
        {"step": "mono", "how": "channels mixed to one"},
        {"step": "resample", "sample_rate": front.sample_rate_hz},
        *_fit(front),
        {
            "step": "melspectrogram",
            "n_mels": front.n_mels,
            "n_fft": front.n_fft,
            "win_length": front.window_length or front.n_fft,
            "hop_length": front.hop_length,
            "fmin": 0.0,
            "fmax": front.fmax_hz,
            "window": "hann",
            "center": True,
            "pad_mode": "constant",
            "power": 2.0,
            "mel_scale": "slaney",
            "norm": "slaney",
            "shape": [front.n_mels, 1 + n // front.hop_length],
        },
        *(_fixed_scale(front) if front.in_decibels else _own_scale(front)),
    ]


def _fit(front: FrontEnd) -> list[dict]:
    n = front.segment_samples
    if front.short == "tile":
        ends = {"frame_s": FRAME_S, "below_loudest_db": NEAR_SILENCE_DB}
        steps = [
            {"step": "trim", "how": "near-silence at both ends is cut off", **ends},
            {"step": "fit_length", "samples": n, "how": "repeated, with a crossfade, or cut at the end"},
        ]
    else:
        steps = [{"step": "fit_length", "samples": n, "how": "zeros added, or samples cut, at the end"}]
    return steps if front.level_dbfs is None else [*steps, {"step": "level", "rms_dbfs": front.level_dbfs}]


def _fixed_scale(front: FrontEnd) -> list[dict]:
    return [
        {"step": "power_to_db", "ref": 1.0, "amin": POWER_FLOOR, "top_db": front.top_db},
        {"step": "clip", "min_db": front.min_db, "max_db": front.max_db},
        {"step": "scale", "how": "(db - min_db) / (max_db - min_db)", "min": 0.0, "max": 1.0},
        {"step": "resize", "shape": list(front.input_shape), "how": _RESIZE},
    ]


def _own_scale(front: FrontEnd) -> list[dict]:
    return [
        {"step": "power_to_db", "ref": "the segment's loudest", "amin": POWER_FLOOR, "top_db": front.top_db},
        {"step": "min_max", "how": "255 (db - min) / (max - min), rounded to uint8, per segment; level is lost"},
        {"step": "channels", "count": front.input_shape[-1], "how": "all equal"},
        {"step": "resize", "shape": list(front.input_shape), "how": f"{_RESIZE}; not rounded"},
        {"step": "scale", "how": "(x - 127.5) / 127.5", "min": -1.0, "max": 1.0},
    ]
