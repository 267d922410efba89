"""Checks the package's format for Horus, and its model on unambiguous test sounds.

    python validate_audio_model_for_horus.py [FOLDER]

FOLDER is `model_audio_keras`, or holds it; this script's own folder when not given. Needs tensorflow, librosa, numpy.
The exit status is 0 when every check passes, 1 when one fails, 2 when there is no package to check or Python lacks one
of these, 70 after a crash: no verdict.

The test sounds follow from the definition of the classes, not from the output of some model. A class defined by a range
of levels is tested at the middle of the range and, where even the extreme is unambiguous to a listener, at its end.
Programme is tested as speech, music, and speech over music; two of the three must be classified correctly, because all
are synthetic. Echo is not tested: on synthetic sound it is ambiguous; the evaluation covers it with real recordings.
"""

import hashlib
import importlib.util
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

try:
    import numpy as np
except ModuleNotFoundError as e:
    print(f"The package {e.name} is missing here: pip install tensorflow librosa numpy", file=sys.stderr)
    raise SystemExit(2) from None

MODEL = "models/audio_model_finetune.keras"
PREPROCESS = "preprocess.py"
METADATA = "models/audio_model_finetune.metadata.json"
LABELS = ("models/labels.csv", "models/training_files/labels.csv")
_NEEDED: dict[str, tuple[type | tuple[type, ...], type | None, str]] = {
    "labels": (list, str, "a list of names"),
    "sample_rate": ((int, float), None, "a number"),
    "segment_duration_s": ((int, float), None, "a number"),
    "hop_s": ((int, float), None, "a number"),
    "input_shape": (list, int, "a list of whole numbers"),
    "thresholds": (dict, None, "an object with one number per label"),
    "files": (dict, str, "an object with the SHA-256 of each file"),
}
"""Required entries of the metadata: type, type of the items, and both in words."""
HIGH_CONFIDENCE = 0.9
"""Minimum confidence on Horus's own probe, the 1 kHz tone."""
LIBRARIES = ("numpy", "librosa", "tensorflow")
"""What this needs: where one is missing, nothing is wrong with the package."""
LEVEL_DBFS, LOWEST_DBFS = -23.0, -54.0
"""Normal level of programme where the package does not say another, and what is nearly silence."""


class NoPackage(Exception):
    """There is no package to check; the message names what is missing."""


class Check(NamedTuple):
    """One line of the result."""

    check: str
    expected: str
    found: str
    passed: bool


class Probe(NamedTuple):
    """Test sounds whose label is known by construction."""

    name: str
    label: str
    confidence: float
    """Minimum confidence."""
    sounds: list[np.ndarray]
    """(N,) mono, full scale 1.0, one segment each; more than half must be classified correctly."""
    level: bool = False
    """Whether its label depends on its absolute level."""
    never: bool = False
    """Whether these sounds must not be of this label, whatever else they are."""


def main(arguments: list[str]) -> int:
    """Print the checks of one package as a table; returns the exit status."""
    if len(arguments) > 1 or arguments[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 0 if len(arguments) == 1 else 2
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        folder = package_folder(arguments[0] if arguments else Path(__file__).parent)
        done = checks(folder)
    except NoPackage as e:
        print(e, file=sys.stderr)
        return 2
    return show(folder, done)


def guarded(script: Callable[[list[str]], int], arguments: list[str]) -> int:
    """The exit status of a script, which is never Python's own of a crash: 1 says that a check failed."""
    try:
        return script(arguments)
    except ModuleNotFoundError as e:
        print(f"The package {e.name} is missing here: pip install {' '.join(LIBRARIES)}", file=sys.stderr)
        return 2
    except Exception:
        traceback.print_exc()
        print("This is a defect of the script or of what it uses: no verdict.", file=sys.stderr)
        return 70


def show(folder: Path, done: list[Check]) -> int:
    """Print checks as a table; returns the exit status."""
    widths = [max(len(row[k]) for row in [*done, Check._fields]) for k in range(3)]
    for row in [Check._fields, *done]:
        verdict = {True: "ok", False: "FAILED"}.get(row[3], "")
        print("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), verdict]).rstrip())
    failed = sum(not row.passed for row in done)
    print(
        f"\n{folder}: " + (f"{failed} of {len(done)} checks failed." if failed else f"all {len(done)} checks passed.")
    )
    return 1 if failed else 0


def package_folder(given: str | Path) -> Path:
    """`given`, or the folder `model_audio_keras` in it.

    Raises
    ------
    NoPackage
        When neither holds a package.
    """
    given = Path(given)
    found = next((f for f in (given, given / "model_audio_keras") if (f / METADATA).is_file()), None)
    if found is None:
        missing = f"holds no {METADATA}" if given.is_dir() else "is no folder"
        raise NoPackage(f"{given} {missing}: name the folder model_audio_keras of an exported package.")
    return found


def read_metadata(folder: Path) -> dict:
    """The metadata of the package.

    Raises
    ------
    NoPackage
        When it is not JSON, a required entry is missing or of another type, or `files` names a path outside of the
        package or lacks a file that is run or loaded.
    """
    try:
        about = json.loads((folder / METADATA).read_text("utf-8"))
        for name, (kind, items, words) in _NEEDED.items():
            entry = about[name]
            inside = entry.values() if isinstance(entry, dict) else entry
            if not isinstance(entry, kind) or (items and not all(isinstance(x, items) for x in inside)):
                raise ValueError(f"`{name}` must be {words}")
        for name in about["files"]:
            _check_inside(folder, name)
        if unlisted := [name for name in (MODEL, PREPROCESS, *LABELS) if name not in about["files"]]:
            raise ValueError(f"`files` does not list {', '.join(unlisted)}")
        return about
    except (ValueError, TypeError, KeyError, RecursionError) as e:
        raise NoPackage(f"{folder / METADATA} cannot be used ({type(e).__name__}: {e}): export it again.") from None


def _check_inside(folder: Path, name: str) -> None:
    path = Path(name)
    outside = "\0" in name or path.anchor or ".." in path.parts or not path.parts
    if outside or not (folder / path).resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"{name!r} in `files` is not a path in the package")


def load_preprocess(folder: Path, about: dict) -> ModuleType:
    """The package's own preprocess.py.

    Raises
    ------
    NoPackage
        When it is missing, is not the file whose hash the metadata lists (its code is not run), or does not import.
    ModuleNotFoundError
        When one of LIBRARIES is missing.
    """
    path = folder / PREPROCESS
    if not path.is_file():
        raise NoPackage(f"{path} is missing.")
    if _sha256(path) != about["files"][PREPROCESS]:
        raise NoPackage(f"{path} is not the file that the metadata lists; it was not run.")
    try:
        spec = importlib.util.spec_from_file_location("preprocess", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    except Exception as e:  # whatever a damaged module raises
        if isinstance(e, ModuleNotFoundError) and (e.name or "").partition(".")[0] in LIBRARIES:
            raise
        raise NoPackage(f"{path} cannot be imported ({type(e).__name__}: {e}).") from None


def load_model(folder: Path):
    """The Keras model, loaded as Horus does: no custom objects.

    Raises
    ------
    NoPackage
        When it does not load.
    """
    import tensorflow as tf

    load = tf.keras.models.load_model
    try:
        return load(folder / MODEL, compile=False)
    except Exception as e:  # Keras passes on any error of its zip, JSON or HDF5 reader
        reason = next(iter(str(e).strip().splitlines()), "no details")[:120]
        raise NoPackage(f"{folder / MODEL} does not load as a Keras model ({type(e).__name__}: {reason}).") from None


def checks(folder: Path) -> list[Check]:
    """All checks, in order; if something cannot be loaded, that is a failed check and the last one.

    Raises
    ------
    NoPackage
        When the metadata cannot be used.
    """
    about = read_metadata(folder)
    done = [*check_files(folder, about), *_check_labels(folder, about), *_check_thresholds(about)]
    try:
        preprocess = load_preprocess(folder, about)
        done += _check_preprocess(preprocess, about)
        model = load_model(folder)
    except NoPackage as e:
        return [*done, Check("everything loads", "yes", str(e), False)]
    return [*done, *_check_model(model, about), *_check_probes(model, preprocess, about)]


def check_files(folder: Path, about: dict) -> Iterator[Check]:
    """Compare the SHA-256 of every file with the metadata."""
    for name, expected in about["files"].items():
        path = folder / name
        found = _sha256(path) if path.is_file() else "missing"
        yield Check(f"sha256 of {name}", expected[:12], found[:12], found == expected)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def probes(rate_hz: int, seconds: float, siren: str = "", level_dbfs: float = LEVEL_DBFS) -> list[Probe]:
    """Tones, silence, noise, and programme: at normal level, far too quiet, and with hiss; for models of street sound
    with a label for sirens, hi-lo horns of three pitches, and what is no siren.

    `level_dbfs` is the normal level of programme: the channel's target loudness."""
    n = round(seconds * rate_hz)
    t = np.arange(n) / rate_hz
    noise = np.random.default_rng(20).standard_normal(n)
    tone, voice, music = np.sin(2 * np.pi * 1000 * t), _at(_voice(t), level_dbfs), _at(_melody(t), level_dbfs)
    programme = [voice, music, _at(voice + music / np.sqrt(2), level_dbfs)]
    low_dbfs = max(level_dbfs - 25, LOWEST_DBFS)
    low = [_at(x, low_dbfs) for x in programme]
    with_hiss = [x + _at(noise, level_dbfs - 10) for x in programme]
    return [
        Probe("1 kHz tone, amplitude 0.5", "sinal_teste", HIGH_CONFIDENCE, [0.5 * tone]),
        Probe("1 kHz tone, -16 dBFS", "sinal_teste", 0.5, [10 ** (-16 / 20) * tone]),
        Probe("1 kHz tone, -30 dBFS", "sinal_teste", 0.5, [10 ** (-30 / 20) * tone]),
        Probe("digital silence", "ausencia_audio", 0.5, [np.zeros(n)]),
        Probe("noise floor, -80 dBFS", "ausencia_audio", 0.5, [_at(noise, -80)], level=True),
        Probe("white noise, -30 dBFS", "ruido_hiss", 0.5, [_at(noise, -30)], level=True),
        Probe(f"programme, {level_dbfs:g} dBFS", "normal", 0.5, programme),
        Probe(f"programme, {level_dbfs - low_dbfs:g} dB down", "volume_baixo", 0.5, low, level=True),
        Probe("programme, hiss 10 dB under it", "ruido_hiss", 0.5, with_hiss),
        Probe("hi-lo horn", siren, 0.5, [_at(_hi_lo(t, hz), -23) + _at(noise, -55) for hz in (388, 435, 470)]),
        Probe("1 kHz tone, no siren", siren, 0.5, [0.5 * tone, 0.1 * tone + _at(noise, -60)], never=True),
        Probe("noise and silence, no siren", siren, 0.5, [_at(noise, -30), np.zeros(n)], never=True),
    ]


def _at(samples: np.ndarray, rms_dbfs: float) -> np.ndarray:
    return samples * 10 ** (rms_dbfs / 20) / np.sqrt(np.mean(samples**2))


def _voice(t: np.ndarray) -> np.ndarray:
    """Three syllables a second, with a pitch that varies around 120 Hz, with a pause every two seconds."""
    phase = 2 * np.pi * 120 * t + 11.4 * np.sin(2 * np.pi * 0.7 * t)
    harmonics = sum(np.sin(k * phase) / k for k in range(1, 20))
    syllables = np.clip(np.sin(2 * np.pi * 3.3 * t), 0, 1) ** 0.7
    return harmonics * syllables * (np.sin(2 * np.pi * 0.45 * t + 0.5) > -0.8)


def _hi_lo(t: np.ndarray, low_hz: float) -> np.ndarray:
    """Two tones a fourth apart (DIN 14610), each for half a second, from an overdriven horn."""
    high = (t // 0.5).astype(int) % 2
    phase = 2 * np.pi * np.cumsum(np.where(high, low_hz * 4 / 3, low_hz)) * (t[1] - t[0])
    return np.tanh(2 * sum(np.sin(k * phase) / k for k in range(1, 7)))


def _melody(t: np.ndarray) -> np.ndarray:
    """A note of seven harmonics every 0.3 s, each decaying over about as long; none of them is near 1 kHz."""
    since = t % 0.3
    pitch = np.array([277, 294, 370, 392, 415, 392, 294])[(t // 0.3).astype(int) % 7]
    harmonics = sum(np.sin(2 * np.pi * k * pitch * since) / k for k in range(1, 8))
    return harmonics * np.exp(-4 * since) * np.minimum(1, since / 0.01)


def _check_labels(folder: Path, about: dict) -> Iterator[Check]:
    expected = ["class", *about["labels"]]
    for name in LABELS:
        found = (folder / name).read_text("utf-8").split() if (folder / name).is_file() else []
        same = found == expected
        shown = "the same" if same else " ".join(found[1:]) or "none"
        yield Check(f"labels of {name}", f"the metadata's {len(about['labels'])}", shown, same)


def _check_thresholds(about: dict) -> Iterator[Check]:
    kinds = {"normal": "background", **_kinds(about)}
    for label in (x for x in about["labels"] if kinds.get(x) != "background"):
        value = about["thresholds"].get(label)
        right = isinstance(value, int | float) and 0 <= value <= 1
        yield Check(f"threshold of {label}", "a number from 0 to 1", str(value), right)


def _kinds(about: dict) -> dict[str, str]:
    """Label -> kind, of the labels whose kind the package's task gives."""
    return about.get("task", {}).get("kinds", {})


def _check_preprocess(preprocess: ModuleType, about: dict) -> Iterator[Check]:
    rate, seconds = about["sample_rate"], about["segment_duration_s"]
    for name, expected in (("DEFAULT_SR", rate), ("SEGMENT_DURATION", seconds)):
        found = getattr(preprocess, name, None)
        yield Check(f"preprocess.{name}", str(expected), str(found), found == expected)
    expected = (1, *about["input_shape"])
    found = preprocess.audio_segment_to_input(np.zeros(round(rate * seconds) // 2), sr=rate).shape
    yield Check("output shape of preprocess.py", str(expected), str(found), found == expected)


def _check_model(model, about: dict) -> Iterator[Check]:
    shapes = (None, *about["input_shape"]), (None, len(about["labels"]))
    found = model.input_shape, model.output_shape
    yield Check("model's input and output", " ".join(map(str, shapes)), " ".join(map(str, found)), found == shapes)


def _check_probes(model, preprocess: ModuleType, about: dict) -> Iterator[Check]:
    """Predictions on the probes; that the output is a softmax, and keeps its ranking if softmax is applied again."""
    labels, rate = about["labels"], about["sample_rate"]
    siren = next((label for label, kind in _kinds(about).items() if kind == "siren"), "")
    level_dbfs = about.get("task", {}).get("decision", {}).get("target_lufs", LEVEL_DBFS)
    played = probes(rate, about["segment_duration_s"], siren, level_dbfs)
    sounds = [samples for probe in played for samples in probe.sounds]
    inputs = np.concatenate([preprocess.audio_segment_to_input(samples, sr=rate) for samples in sounds])
    outputs = np.asarray(model(inputs, training=False), float)
    parts = np.split(outputs, np.cumsum([len(probe.sounds) for probe in played])[:-1])
    for probe, shares in zip(played, parts, strict=True):
        if probe.label not in labels or (probe.level and not about.get("hears_level", True)):
            continue  # the task has no such class, or this input does not keep the level
        best = shares.argmax(axis=1)
        named = best == labels.index(probe.label)
        right = ~named if probe.never else named & (shares.max(axis=1) >= probe.confidence)
        shown = ", ".join(f"{labels[k]} {row[k]:.3f}" for k, row in zip(best, shares, strict=True))
        wanted = f"not {probe.label}" if probe.never else f"{probe.label} {probe.confidence:.2f} or more"
        yield Check(probe.name, wanted, shown, bool(right.all() if probe.never else right.mean() > 0.5))
    sums = outputs.sum(axis=1)
    softmax = bool(np.all(outputs >= 0) and np.abs(sums - 1).max() < 1e-3)
    yield Check("the output is a softmax", "sums of 1", f"sums of {sums.min():.4f} to {sums.max():.4f}", softmax)
    again = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
    same = bool((again.argmax(axis=1) == outputs.argmax(axis=1)).all())
    yield Check("softmax applied again", "the same top class", "the same" if same else "another", same)


if __name__ == "__main__":
    sys.exit(guarded(main, sys.argv[1:]))
