"""Speed of `horus scan` on one hour of video, compared with decoding alone and with a plain loop.

Everything is timed as a command, from start to end, and in turn, so that other load on the machine affects all alike.
The plain loop (`bench._plain`) runs on PLAIN_SEGMENTS segments and is extrapolated to all of them at its time per
segment, once with the segments of `horus` (5 s every 2.5 s), once with those of `heimdall` (3 s every second).
The models have random weights, which do not affect speed.
"""

import json
import os
import resource
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
from horuslib.export.bundle import MODEL
from horuslib.tasks import load_task

TITLE = "one hour of video: horus scan, FFmpeg, the plain loop; start-up"
REPEATS = 5
PLAIN_SEGMENTS = 60
HOUR_S = 3600
TASKS = ("horus", "heimdall")
_CLIP_S = 300
HORUS = (sys.executable, "-m", "horuslib.cli")


def run() -> tuple[pd.DataFrame, dict]:
    """Make an hour of video (48 kHz stereo AAC at 128 kb/s) and measure."""
    if not shutil.which("ffmpeg"):
        raise Skip("there is no ffmpeg command to compare with")
    with tempfile.TemporaryDirectory() as folder:
        return _measure(Path(folder))


def _measure(folder: Path) -> tuple[pd.DataFrame, dict]:
    hour, short = folder / "hour.mp4", folder / "short.mp4"
    packages = {name: write_package(folder / name, name) for name in TASKS}
    _write_videos(folder, hour, short)
    decode = "ffmpeg -v error -y -i {} -vn -ac 1 -ar 16000 -f f32le /dev/null".format
    works = {"ffmpeg": lambda: _spent(decode(hour).split())}
    for name, package in packages.items():
        works[f"scan {name}"] = lambda package=package: _scan(hour, package, folder)
        works[f"plain {name}"] = lambda name=name, package=package: _plain(name, package, hour)
    works["help"] = lambda: _spent([*HORUS, "--help"])
    works["short"] = lambda: _scan(short, packages["horus"], folder)
    load_before = os.getloadavg()[0]
    return _table(_in_turn(works)), {
        "repeats": REPEATS,
        "plain_segments": PLAIN_SEGMENTS,
        "load_before": load_before,
        "load_after": os.getloadavg()[0],
    }


def _table(spent: dict[str, np.ndarray]) -> pd.DataFrame:
    seconds = {name: float(np.median(of[:, 0])) for name, of in spent.items()}
    core_s = {name: float(np.median(of[:, 1])) for name, of in spent.items()}
    scan, heimdall = seconds["scan horus"], seconds["scan heimdall"]
    rows = [
        ("horus scan, one hour", "scan horus", None, ""),
        ("FFmpeg, decoding alone", "ffmpeg", scan / seconds["ffmpeg"], "at most 2"),
        ("plain loop, the same segments", "plain horus", seconds["plain horus"] / scan, "at least 25"),
        ("horus scan as heimdall", "scan heimdall", None, ""),
        ("plain loop, segments of heimdall", "plain heimdall", seconds["plain heimdall"] / heimdall, "at least 25"),
        ("horus --help", "help", seconds["help"], "at most 0.5 s"),
        ("horus scan, 5 s", "short", seconds["short"], "at most 4 s"),
    ]
    rows = [(what, seconds[name], core_s[name], figure, must) for what, name, figure, must in rows]
    return pd.DataFrame(rows, columns=["what", "seconds", "core seconds", "figure", "must be"]).round(2)


def _in_turn(works: dict[str, Callable[[], tuple[float, float]]]) -> dict[str, np.ndarray]:
    """(REPEATS, 2) wall-clock and processor seconds per command."""
    rounds = [{name: work() for name, work in works.items()} for _ in range(REPEATS)]
    return {name: np.array([r[name] for r in rounds]) for name in works}


def _spent(command: Sequence[str]) -> tuple[float, float]:
    return timed(command)[:2]


def timed(command: Sequence[str]) -> tuple[float, float, str]:
    """Wall-clock and processor seconds of a command and all its children, and its standard output."""
    began, used = time.perf_counter(), _core_s()
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return time.perf_counter() - began, _core_s() - used, printed


def _core_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _scan(video: Path, package: Path, folder: Path) -> tuple[float, float]:
    out = Path(tempfile.mkdtemp(dir=folder))
    return _spent([*HORUS, "scan", str(video), "--model", str(package), "--out", str(out)])


def _plain(task_name: str, package: Path, video: Path) -> tuple[float, float]:
    arguments = [task_name, str(package / MODEL), str(video), str(PLAIN_SEGMENTS)]
    seconds, core_s, printed = timed([sys.executable, "-m", "bench._plain", *arguments])
    others = HOUR_S / load_task(task_name).front_end.hop_s - PLAIN_SEGMENTS
    each_s, each_core_s = json.loads(printed.splitlines()[-1])
    return seconds + others * each_s, core_s + others * each_core_s


def write_package(folder: Path, task_name: str) -> Path:
    """A package of the task with random weights, in a new folder."""
    from horuslib.evaluation.fusion import Fusion
    from horuslib.export.bundle import write_bundle
    from horuslib.training.model import build_model

    task = load_task(task_name)
    measures, labels = tuple(task.decision.measures), len(task.labels)
    fusion = Fusion(measures, 1.0, np.zeros(labels), np.zeros((len(measures), labels)))
    calibration = {"temperature": 1.0, "fusion": fusion.as_dict(task.labels)}
    folder.mkdir()
    build_model(task).save(folder / "trained.keras")
    limits = {label: 0.6 for label in task.faults}
    return write_bundle(folder / "export", task, folder / "trained.keras", calibration, limits, {}, {})


def _write_videos(folder: Path, hour: Path, short: Path) -> None:
    clip, noise = folder / "clip.mp4", f"anoisesrc=color=pink:amplitude=0.3:r=48000:d={_CLIP_S}"
    sound = ["-f", "lavfi", "-i", noise, "-f", "lavfi", "-i", f"sine=frequency=300:r=48000:d={_CLIP_S}"]
    video = ["-f", "lavfi", "-i", f"testsrc=size=320x180:rate=10:d={_CLIP_S}"]
    coded = ["-filter_complex", "[0][1]amerge=inputs=2[a]", "-map", "[a]", "-map", "2", "-ac", "2"]
    coded += ["-c:a", "aac", "-b:a", "128k", "-c:v", "mpeg4"]
    timed(["ffmpeg", "-v", "error", *sound, *video, *coded, str(clip)])
    again = str(HOUR_S // _CLIP_S - 1)
    timed(["ffmpeg", "-v", "error", "-stream_loop", again, "-i", str(clip), "-map", "0", "-c", "copy", str(hour)])
    timed(["ffmpeg", "-v", "error", "-t", "5", "-i", str(clip), "-map", "0", "-c", "copy", str(short)])
