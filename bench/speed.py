"""How fast `horus scan` is on one hour of video, beside decoding alone and beside the plain loop of seed 5.

All times are wall clock, runs of the rivals taken in turn, so that whatever else the machine does hits them alike. The
plain loop is seed 5's code as it stands (librosa's mel spectrogram, one `model.predict` per segment); it is timed on
PLAIN_SEGMENTS segments, without decoding, and multiplied to the hour. The model has random weights: speed does not
depend on what they are.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from bench.report import Skip
from horuslib.detect.detector import MODEL
from horuslib.sound.media import stream_audio
from horuslib.tasks import load_task

TITLE = "one hour of video: horus scan, FFmpeg, the plain loop; start-up"
REPEATS = 5
PLAIN_SEGMENTS = 60
HOUR_S = 3600
_CLIP_S = 300


def run() -> tuple[pd.DataFrame, dict]:
    """Make an hour of video (48 kHz stereo AAC at 128 kb/s) and measure."""
    if not shutil.which("ffmpeg"):
        raise Skip("there is no ffmpeg command to compare with")
    with tempfile.TemporaryDirectory() as folder:
        return _measure(Path(folder))


def _measure(folder: Path) -> tuple[pd.DataFrame, dict]:
    package, hour, short = _package(folder), folder / "hour.mp4", folder / "short.mp4"
    _write_videos(folder, hour, short)
    horus = [sys.executable, "-m", "horuslib.cli"]

    def scan(video: Path) -> float:
        out = Path(tempfile.mkdtemp(dir=folder))
        return _seconds([*horus, "scan", str(video), "--model", str(package), "--out", str(out)])

    decode = "ffmpeg -v error -y -i {} -vn -ac 1 -ar 16000 -f f32le /dev/null".format
    plain = _plain_loop(package, hour)
    load_before = os.getloadavg()[0]
    times = _in_turn(
        {
            "ffmpeg": lambda: _seconds(decode(hour).split()),
            "scan": lambda: scan(hour),
            "plain": plain,
            "help": lambda: _seconds([*horus, "--help"]),
            "short": lambda: scan(short),
        }
    )
    rows = [
        ("horus scan, one hour", times["scan"], None, ""),
        ("FFmpeg, decoding alone", times["ffmpeg"], times["scan"] / times["ffmpeg"], "at most 3"),
        ("plain loop of seed 5", times["plain"], times["plain"] / times["scan"], "at least 25"),
        ("horus --help", times["help"], times["help"], "at most 0.5 s"),
        ("horus scan, 5 s", times["short"], times["short"], "at most 4 s"),
    ]
    table = pd.DataFrame(rows, columns=["what", "seconds", "figure", "must be"]).round(2)
    return table, {"repeats": REPEATS, "plain_segments": PLAIN_SEGMENTS, "load_before": load_before}


def _in_turn(works: dict[str, Callable[[], float]]) -> dict[str, float]:
    """Median of REPEATS rounds of each."""
    rounds = [{name: work() for name, work in works.items()} for _ in range(REPEATS)]
    return {name: float(np.median([r[name] for r in rounds])) for name in works}


def _seconds(command: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def _package(folder: Path) -> Path:
    from horuslib.export.bundle import write_bundle
    from horuslib.learn.model import build_model

    task = load_task("horus")
    build_model(task).save(folder / "trained.keras")
    limits = {label: 0.6 for label in task.faults}
    return write_bundle(folder / "export", task, folder / "trained.keras", {"temperature": 1.0}, limits, {}, {})


def _write_videos(folder: Path, hour: Path, short: Path) -> None:
    clip, noise = folder / "clip.mp4", f"anoisesrc=color=pink:amplitude=0.3:r=48000:d={_CLIP_S}"
    sound = ["-f", "lavfi", "-i", noise, "-f", "lavfi", "-i", f"sine=frequency=300:r=48000:d={_CLIP_S}"]
    picture = ["-f", "lavfi", "-i", f"testsrc=size=320x180:rate=10:d={_CLIP_S}"]
    coded = ["-filter_complex", "[0][1]amerge=inputs=2[a]", "-map", "[a]", "-map", "2", "-ac", "2"]
    coded += ["-c:a", "aac", "-b:a", "128k", "-c:v", "mpeg4"]
    _seconds(["ffmpeg", "-v", "error", *sound, *picture, *coded, str(clip)])
    again = str(HOUR_S // _CLIP_S - 1)
    _seconds(["ffmpeg", "-v", "error", "-stream_loop", again, "-i", str(clip), "-map", "0", "-c", "copy", str(hour)])
    _seconds(["ffmpeg", "-v", "error", "-t", "5", "-i", str(clip), "-map", "0", "-c", "copy", str(short)])


def _plain_loop(package: Path, video: Path) -> Callable[[], float]:
    """Seconds for an hour, from PLAIN_SEGMENTS of it."""
    import keras
    import librosa
    from PIL import Image

    front = load_task("horus").front_end
    model = keras.saving.load_model(package / MODEL, compile=False)
    sound = np.concatenate(
        [block for block, _ in zip(stream_audio(video, front.sample_rate_hz), range(6), strict=False)]
    )
    starts = range(0, PLAIN_SEGMENTS * front.hop_samples, front.hop_samples)
    segments_per_hour = HOUR_S / front.hop_s

    def listen() -> float:
        began = time.perf_counter()
        for start in starts:
            segment = sound[start : start + front.segment_samples]
            mel = librosa.feature.melspectrogram(
                y=segment, sr=front.sample_rate_hz, n_mels=128, n_fft=2048, hop_length=512, fmax=8000
            )
            scaled = (np.clip(librosa.power_to_db(mel, ref=1.0), -80, 80) + 80) / 160
            picture = np.asarray(Image.fromarray(scaled.astype(np.float32)).resize((128, 128), Image.BILINEAR))
            model.predict(picture[None, ..., None], verbose=0)
        return (time.perf_counter() - began) / PLAIN_SEGMENTS * segments_per_hour

    listen()
    return listen
