"""Street sound: what a package trained on real clips reaches on others, and what its verdicts survive.

Reads `../shared/sirens` (train to learn from, test to score), without which it is skipped, and `../shared/normal_open`
(hours without a siren). `make all TASK=sirens` runs first, unless PACKAGE in the environment names one. The verdicts
on the test clips are compared with those on the same clips 12 dB louder and softer, after 3 s of silence, through MP3,
and of either half. Noise of each siren's length, level and spectrum has nothing of a siren but these.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from bench._workbook import run_workbook
from bench.report import Skip
from horuslib.audio.encode import round_trip, write_wav
from horuslib.audio.levels import from_db
from horuslib.audio.media import find_media, read_audio
from horuslib.core.paths import PROJECT
from horuslib.evaluation.clip_score import score_clips
from horuslib.inference.detector import Detector
from horuslib.inference.inputs import find_inputs
from horuslib.inference.scan import scan

TITLE = "street sound: real clips of other recordings, robustness, false sirens on whole programme"
CLIPS, PROGRAMME = PROJECT.parent / "shared" / "sirens", PROJECT.parent / "shared" / "normal_open"
RATE_HZ, SIREN = 16000, "emergency_sirens"
SILENCE_S, LOUDER_DB = 3.0, 12.0
LEAST_SAME, MOST_NOISE, MOST_FALSE = 0.95, 0.05, 2
Row = tuple[str, float, str]
Change = Callable[[np.ndarray], np.ndarray]
CHANGES: dict[str, Change] = {
    "12 dB louder": lambda x: np.clip(from_db(LOUDER_DB) * x, -1, 1),
    "12 dB softer": lambda x: from_db(-LOUDER_DB) * x,
    "after 3 s of silence": lambda x: np.concatenate([np.zeros(round(SILENCE_S * RATE_HZ), x.dtype), x]),
    "through MP3": lambda x: round_trip(x, RATE_HZ, "mp3"),
    "first half": lambda x: x[: len(x) // 2],
    "second half": lambda x: x[len(x) // 2 :],
}


def run() -> tuple[pd.DataFrame, dict]:
    """A row per measure: what was found, and what must be."""
    if not (CLIPS / "train").is_dir():
        raise Skip(f"{CLIPS} is not there")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        rows: list[Row] = []
        package = Path(os.environ["PACKAGE"]) if "PACKAGE" in os.environ else None
        if package is None:
            minutes, _ = run_workbook(["export", "--task", "sirens", "--raw", str(CLIPS / "train")], folder / "root")
            rows.append(("minutes for make all", minutes, ""))
            package = folder / "root" / "artifacts" / "sirens" / "export"
        detector = Detector.load(package, environment={}, dotenv=folder / "none")
        rows += _clips(detector, folder)
        rows += _programme(detector, folder)
    return pd.DataFrame(rows, columns=["measure", "found", "must be"]).round(3), {"package": package.name}


def _clips(detector: Detector, folder: Path) -> Iterator[Row]:
    """Scores of the test clips, and how many verdicts hold when the clips are changed."""
    as_they_are = _verdicts(CLIPS / "test", detector, folder / "plain")
    score = score_clips(CLIPS / "test", folder / "plain")
    yield "macro-F1", score["macro_f1"], "at least 0.75"
    yield "accuracy", score["accuracy"], "at least 0.80"
    siren = score["per_class"][SIREN]
    yield "sirens found", siren["right"], f"of {siren['clips']}, 54 at least"
    yield "precision of sirens", siren["precision"], "at least 0.92"
    yield "average precision of sirens", siren["average_precision"], ""
    sounds = {
        path.relative_to(CLIPS / "test"): read_audio(path, RATE_HZ).samples for path in find_media(CLIPS / "test")
    }
    for number, (name, change) in enumerate(CHANGES.items()):
        changed = folder / f"changed {number}"
        for path, x in sounds.items():
            (changed / path.parent).mkdir(parents=True, exist_ok=True)
            write_wav(changed / path.with_suffix(".wav"), change(x), RATE_HZ)
        found = _verdicts(changed, detector, folder / f"verdicts {number}")
        same = [found.get(key) == verdict for key, verdict in as_they_are.items()]
        yield f"verdicts that hold, {name}", float(np.mean(same)), f"at least {LEAST_SAME}"
    noises = folder / "noise"
    noises.mkdir()
    for path, x in sounds.items():
        if path.parts[0] == SIREN:
            write_wav(noises / f"{path.stem}.wav", _shaped_noise(x, np.random.default_rng(0)), RATE_HZ)
    found = _verdicts(noises, detector, folder / "verdicts of noise")
    yield (
        "noise like a siren that is one",
        float(np.mean([v == SIREN for v in found.values()])),
        f"at most {MOST_NOISE}",
    )


def _verdicts(clips: Path, detector: Detector, out: Path) -> dict[str, str]:
    """Path without its suffix -> class of the clip."""
    found = scan(find_inputs([clips]), detector, out)
    return {str(Path(one["file"]).with_suffix("")): (one["audio"] or {}).get("class", "") for one, _ in found}


def _shaped_noise(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Noise of a sound's length, level and long-term spectrum: its phases and lines are random."""
    size = 1024
    frames = np.resize(x, max(size, len(x) // size * size)).reshape(-1, size)
    envelope = np.sqrt(np.mean(np.abs(np.fft.rfft(frames * np.hanning(size))) ** 2, axis=0))
    spectrum = np.fft.rfft(rng.standard_normal(len(x)))
    smooth = np.convolve(envelope, np.ones(9) / 9, "same")
    spectrum *= np.interp(np.linspace(0, 1, len(spectrum)), np.linspace(0, 1, len(smooth)), smooth)
    noise = np.fft.irfft(spectrum, len(x))
    return (noise * np.sqrt(np.mean(x**2) / max(float(np.mean(noise**2)), 1e-20))).astype(np.float32)


def _programme(detector: Detector, folder: Path) -> Iterator[Row]:
    """False sirens an hour of programme."""
    if not PROGRAMME.is_dir():
        return
    found = [one for one, _ in scan(find_inputs([PROGRAMME]), detector, folder / "programme")]
    hours = sum(one["duration_s"] for one in found) / 3600
    sirens = sum(event["type"] == SIREN for one in found for event in one["events"])
    yield "hours of programme", hours, ""
    yield "false sirens an hour", sirens / hours, f"at most {MOST_FALSE}"
