"""How much each further core adds: workers of a Dask cluster, each pinned to one core with its decoder.

The same files are scanned by one worker and by one for each core, in turn; the time runs from the first task to the
last, after every worker has loaded the model, so that long scans are described. Efficiency is the rate of N workers
over N times that of one; other load on the machine counts against it, and so does what the machine itself loses when
all its cores work: as a control, FFmpeg alone decodes the same files, in so many pinned processes that know nothing of
one another.
"""

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from bench.report import Skip
from bench.speed import timed, write_package
from horuslib.core.machine import cores

TITLE = "workers pinned to one core each: what each further core adds"
REPEATS, FILES, FILE_S = 3, 24, 600
LEAST_EFFICIENCY = 0.95


def run() -> tuple[pd.DataFrame, dict]:
    """Scan FILES of FILE_S with one worker and with more, REPEATS times in turn."""
    if not shutil.which("ffmpeg"):
        raise Skip("there is no ffmpeg command to make sound with")
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise Skip("Dask is not installed: pip install distributed") from None
    if cores() < 2:
        raise Skip("one core alone adds nothing")
    counts = sorted({1, 2, cores()})
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        package = write_package(folder / "horus", "horus")
        _write_sound(folder / "in")
        rounds = [{n: _seconds(n, folder / "in", package, folder) for n in counts} for _ in range(REPEATS)]
        control = [{n: _decoding_seconds(n, folder / "in") for n in counts} for _ in range(REPEATS)]
    table = pd.concat([_table("workers", counts, rounds), _table("FFmpeg alone", counts, control)])
    return table, {"repeats": REPEATS, "files": FILES, "file_s": FILE_S, "load": os.getloadavg()[0]}


def _table(what: str, counts: list[int], rounds: list[dict[int, float]]) -> pd.DataFrame:
    rows = []
    for n in counts:
        efficiency = statistics.median(spent[1] / spent[n] / n for spent in rounds)
        seconds = statistics.median(spent[n] for spent in rounds)
        must = f"at least {LEAST_EFFICIENCY}" if n > 1 and what == "workers" else ""
        rows.append((what, n, seconds, FILES * FILE_S / 3600 / seconds * 60, efficiency, must))
    columns = ["what", "processes", "seconds", "hours of sound per minute", "efficiency per core", "must be"]
    return pd.DataFrame(rows, columns=columns).round(3)


def _seconds(workers: int, sound: Path, package: Path, folder: Path) -> float:
    """How long so many pinned workers take for all files, once they have loaded the model."""
    from horuslib.inference.cluster import scan_on_workers
    from horuslib.inference.detector import Detector
    from horuslib.inference.inputs import find_inputs

    detector = Detector.load(package, environment={}, dotenv=package / "none")
    files = find_inputs([sound])
    with _pinned(workers) as address, tempfile.TemporaryDirectory(dir=folder) as out:
        warm = files[:workers]
        list(scan_on_workers(warm, detector, package, Path(out) / "warm", address))
        began = time.perf_counter()
        done = list(scan_on_workers(files, detector, package, Path(out) / "all", address))
        seconds = time.perf_counter() - began
    assert len(done) == len(files) and all(found["status"] == "ok" for found, _ in done)
    return seconds


def _decoding_seconds(processes: int, sound: Path) -> float:
    """How long so many pinned processes take to decode all files and nothing else, each its share of them."""
    files = sorted(sound.iterdir())
    decode = "taskset -c {} sh -c 'for f in {}; do ffmpeg -v error -y -i $f -ac 1 -ar 16000 -f f32le /dev/null; done'"
    own = sorted(os.sched_getaffinity(0))
    began = time.perf_counter()
    shares = [" ".join(map(str, files[k::processes])) for k in range(processes)]
    running = [subprocess.Popen(decode.format(own[k], share), shell=True) for k, share in enumerate(shares)]
    assert not any([process.wait() for process in running])
    return time.perf_counter() - began


@contextmanager
def _pinned(workers: int) -> Iterator[str]:
    """The scheduler's address of so many worker processes, each on a core of its own."""
    from distributed import Client, LocalCluster

    alone: dict[str, Any] = {"threads_per_worker": 1, "dashboard_address": ":0", "silence_logs": "ERROR"}
    with LocalCluster(n_workers=workers, **alone) as cluster, Client(cluster) as client:
        own = sorted(os.sched_getaffinity(0))
        for core, address in zip(own, client.nthreads(), strict=False):
            client.run(_pin, core, workers=[address])
        yield cluster.scheduler_address


def _pin(core: int) -> None:
    """Bind every thread of this process, and what it starts from now on, to a core."""
    for thread in os.listdir("/proc/self/task"):
        os.sched_setaffinity(int(thread), {core})


def _write_sound(folder: Path) -> None:
    folder.mkdir()
    noise = f"anoisesrc=color=pink:amplitude=0.3:r=48000:d={FILE_S}"
    first = folder / "0.m4a"
    timed(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", noise, "-ac", "2", "-c:a", "aac", "-b:a", "128k", str(first)])
    for k in range(1, FILES):
        shutil.copy(first, folder / f"{k}.m4a")
