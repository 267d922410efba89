"""The service under load, with what it must reach: nothing lost or crossed, memory that comes back, short jobs first.

PARTS in the environment selects some of the parts (memory, load, short, kills, wer); CLIENTS, JOBS (of each client) and
CLIPS (different sounds) set the load.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

from bench import _kills
from bench._whisper import model_folder
from bench.report import Skip
from bench.speech import DATA, texts
from bench.speed import write_package
from horuslib.audio.media import find_media, read_audio
from horuslib.service.workers.processes import rss_bytes
from horuslib.speech.chunks import RATE_HZ
from horuslib.speech.error_rates import total, wer
from horuslib.speech.model import SpeechModel
from horuslib.speech.transcribe import transcribe

TITLE = "service: load, memory, recovery"
Row = tuple[str, object, str]
_NEEDED = ("fastapi", "httpx", "locust", "psutil", "faster_whisper")
_IDLE_S, _CYCLES, _KILLS = 2, 20, 20
_STEP_S = 7
"""Between the starts of clips."""
_MB = 2**20


def run() -> tuple[pd.DataFrame, dict]:
    """A row per measure: what was found, and what must be."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing or not DATA.is_dir():
        raise Skip(f"{', '.join(missing) or DATA.resolve()} is absent")
    parts: dict[str, Callable[[dict[str, str], Path], Iterator[Row]]] = {
        "memory": _memory, "load": _load, "short": _short, "kills": _recovery, "wer": _error_rate,
    }  # fmt: skip
    chosen = os.environ.get("PARTS", ",".join(parts)).split(",")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        environment = {
            "MODEL_DIR": str(model_folder()), "PACKAGE_DIR": str(write_package(folder / "package", "horus")),
            "CPU_THREADS": "1", "WORKERS": "2",
        }  # fmt: skip
        for name in chosen:
            for row in parts[name](environment, folder):
                print(row, flush=True)
                rows.append(row)
    table = pd.DataFrame(rows, columns=["what", "figure", "must be"])
    return table.astype(str), {"parts": chosen, "load": os.getloadavg()[0]}


def _memory(environment: dict[str, str], folder: Path) -> Iterator[Row]:
    """Resident memory of the whole tree, and what is left of twenty models that were loaded and unloaded."""
    from tests.service.server import server

    clip = DATA / "asr" / "M-001.flac"
    with server(folder / "memory", **environment, MODEL_IDLE_SECONDS=str(_IDLE_S)) as found:
        time.sleep(1)
        began = _tree_mb(found.process.pid)
        yield "idle memory with nothing loaded, MB", round(began), "at most 150"
        after, most = [], 0.0
        for k in range(_CYCLES):
            job = found.submit(clip, "transcribe" if k % 2 else "diagnose").json()
            assert found.finished(job["id"])["state"] == "done"
            most = max(most, _tree_mb(found.process.pid))
            time.sleep(_IDLE_S + 5)
            after.append(_tree_mb(found.process.pid) - began)
        yield f"most memory in {_CYCLES} cycles, MB", round(most), ""
        yield f"memory over the start after idle + 5 s, most of {_CYCLES} cycles, MB", round(max(after)), "at most 30"
        yield "growth from the first to the last cycle, MB", round(after[-1] - after[0], 1), "none"


def _load(environment: dict[str, str], folder: Path) -> Iterator[Row]:
    """Many clients at once, each clip with its own words."""
    from tests.service.server import server

    clients, jobs = int(os.environ.get("CLIENTS", "60")), int(os.environ.get("JOBS", "5"))
    clips = folder / "clips"
    expected = _clips(clips, int(os.environ.get("CLIPS", clients)), environment)
    results = folder / "results.jsonl"
    with server(folder / "load", **environment) as found:
        given = {**os.environ, "CLIPS": str(clips), "JOBS": str(jobs), "RESULTS": str(results)}
        command = [sys.executable, "-m", "locust", "-f", "bench/_load.py", "--headless", "--host", found.url]
        command += ["-u", str(clients), "-r", "60", "--csv", str(folder / "locust"), "--only-summary"]
        began, health_ms = time.monotonic(), []
        with open(folder / "locust.log", "wb") as log:
            locust = subprocess.Popen(command, env=given, stdout=log, stderr=log)
            while locust.poll() is None and _lines(results) < clients * jobs and time.monotonic() - began < 3000:
                asked_s = time.perf_counter()
                found.client.get("/health").raise_for_status()
                health_ms.append(1000 * (time.perf_counter() - asked_s))
                time.sleep(0.5)
            spent_s = time.monotonic() - began
            locust.terminate()
            locust.wait(30)
    records = [json.loads(line) for line in results.read_text("utf-8").splitlines()]
    done = [r for r in records if r.get("state") == "done"]
    crossed = [
        r["clip"] for r in done if r["text"] != expected[r["clip"]] and _nearest(r["text"], expected) != r["clip"]
    ]
    requests = pd.read_csv(folder / "locust_stats.csv")
    seconds = [soundfile.info(clips / r["clip"]).duration for r in done]
    yield f"jobs of {clients} clients x {jobs}, {len(expected)} different clips: done", len(done), str(clients * jobs)
    yield "lost", clients * jobs - len(records) + sum("state" not in r for r in records), "0"
    yield f"crossed {sorted(set(crossed))}", len(crossed), "0"
    yield "5xx", sum(r["status"] >= 500 for r in records), "0"
    yield "failed requests of any kind", int(requests[requests["Name"] == "Aggregated"]["Failure Count"].iloc[0]), "0"
    yield (
        f"p99 of /health, ms ({os.getloadavg()[1]:.0f} processes ran)",
        round(np.percentile(health_ms, 99)),
        "at most 250",
    )
    yield "throughput, x real time", round(sum(seconds) / spent_s, 2), ""


def _short(environment: dict[str, str], folder: Path) -> Iterator[Row]:
    """How long a short job waits while an hour is transcribed."""
    from tests.service.server import server, until

    hour = folder / "hour.flac"
    talk = read_audio(DATA / "pt_01.flac", RATE_HZ).samples
    soundfile.write(hour, np.resize(talk, 3600 * RATE_HZ), RATE_HZ)
    with server(folder / "short", **environment) as found:
        long = found.submit(hour, "transcribe").json()["id"]
        until(lambda: found.job(long)["state"] == "running", "the long job runs")
        time.sleep(5)
        short = found.finished(found.submit(DATA / "asr" / "M-001.flac", "transcribe").json()["id"])
        waited = pd.Timestamp(short["started_at"]) - pd.Timestamp(short["created_at"])
        still = found.job(long)["state"]
        yield f"a short job's wait beside one of an hour ({still}), s", round(waited.total_seconds(), 2), "at most 10"
        yield "state of the short job", short["state"], "done"


def _recovery(environment: dict[str, str], folder: Path) -> Iterator[Row]:
    """Each kind of accident, twenty times."""
    sound = folder / "noise.wav"
    soundfile.write(sound, 0.1 * np.random.default_rng(0).standard_normal(20 * RATE_HZ).astype(np.float32), RATE_HZ)
    accidents = (_kills.killed_workers, _kills.killed_servers, _kills.clients_gone, _kills.full_disk)
    for accident in accidents:
        found = accident(_KILLS, sound, environment)
        name = f"{accident.__name__.replace('_', ' ')}, {_KILLS} times"
        yield name, "no small file system can be mounted here" if found is None else found, "0 of each"


def _error_rate(environment: dict[str, str], folder: Path) -> Iterator[Row]:
    """Word error rate through the service, beside plain faster-whisper."""
    from tests.service.server import server

    sentences = texts()
    with server(folder / "wer", **environment) as found:
        ids = {path: found.submit(path, "transcribe").json()["id"] for path in sentences}
        served = [wer(text, _text(found, ids[path])) for path, text in sentences.items()]
    model = SpeechModel.load(environment["MODEL_DIR"], "cpu")
    plain = [wer(text, _plain(path, model)) for path, text in sentences.items()]
    yield "WER through the service", f"{total(served).share:.1%}", "within 2 points of plain"
    yield "WER of plain faster-whisper", f"{total(plain).share:.1%}", ""


def _text(found, job_id: str) -> str:
    job = found.finished(job_id)
    return found.client.get(job["results"]["txt"]).text


def _plain(path: Path, model: SpeechModel) -> str:
    segments, _ = model.whisper.transcribe(read_audio(path, RATE_HZ).samples, language="pt", beam_size=5)
    return " ".join(segment.text for segment in segments)


def _clips(folder: Path, count: int, environment: dict[str, str]) -> dict[str, str]:
    """At most `count` clips of 10 to 20 s of Portuguese, and what this model makes of each; also in expected.json.

    Neighbours share some seconds, so that there are enough of them; each has words that no other clip has.
    """
    folder.mkdir()
    rng = np.random.default_rng(22)
    model = SpeechModel.load(environment["MODEL_DIR"], "cpu", threads=2)
    expected: dict[str, str] = {}
    for path in [p for p in find_media(DATA) if p.parent == DATA and p.stem.startswith("pt")]:
        sound, at = read_audio(path, RATE_HZ).samples, 0
        while len(expected) < count and at + 10 * RATE_HZ < len(sound):
            length = int(rng.uniform(10, 20) * RATE_HZ)
            name = f"{path.stem}-{at}.wav"
            soundfile.write(folder / name, sound[at : at + length], RATE_HZ)
            text = transcribe(folder / name, model).text
            if text and text not in expected.values():
                expected[name] = text
            at += _STEP_S * RATE_HZ
    (folder / "expected.json").write_text(json.dumps(expected), "utf-8")
    return expected


def _nearest(text: str, expected: dict[str, str]) -> str:
    """The clip whose expected text is nearest."""
    from rapidfuzz import fuzz, process

    return process.extractOne(text, expected, scorer=fuzz.ratio)[2]


def _lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines()) if path.exists() else 0


def _tree_mb(pid: int) -> float:
    import psutil

    tree = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return sum(rss_bytes(process.pid) for process in tree) / _MB
