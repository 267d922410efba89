"""Inputs of the kinds that break detectors in the field, through scan, ingest and watch: nothing crashes or is lost.

Generated sound is never silent for long, so that the only faults are the sound that was taken away; the model has
random weights and finds none.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd

from bench._field_inputs import KINDS, Input, Kind, inputs_of
from bench.speed import HORUS, write_package
from horuslib.audio.streams.lost_sound import Span
from horuslib.core.machine import cores
from horuslib.tasks import load_task

TITLE = "inputs from the field: crashes, losses and silent losses of scan, ingest and watch"
TOLERANCE_S = 0.5
LEAST_LOST_S = 2.5
"""Shorter losses are no event, and leave training without an entry here."""
_INGEST = """
import sys
from pathlib import Path
from horuslib.datasets.dataset import ingest
from horuslib.tasks import load_task
found = ingest(Path(sys.argv[1]), load_task("horus"), Path(sys.argv[2]))
for name in ("recordings", "intervals", "report"):
    getattr(found, name).to_json(f"{sys.argv[3]}/{name}.json", orient="records")
"""
_LENGTH = """
import sys
from horuslib.audio.live import live_audio
print(sum(map(len, live_audio("-", 16000, 5.0))) / 16000)
"""


def run() -> tuple[pd.DataFrame, dict]:
    """Counts per kind: inputs, crashes, lost files, silent losses, and the largest error of a time."""
    with tempfile.TemporaryDirectory() as folder:
        return measure(Path(folder))


def measure(folder: Path, kinds: Sequence[Kind] = KINDS) -> tuple[pd.DataFrame, dict]:
    """The table and the faults found, for inputs of some kinds that are written under a folder."""
    inputs = inputs_of(kinds, folder / "inputs" / "normal_clips")  # for ingest: labels from sound that is lost
    package = write_package(folder / "package", "horus")
    silence = load_task("horus").silence
    ways = {
        "scan": _scanned(inputs, folder, package, silence),
        "ingest": _ingested(inputs, folder, silence),
        "watch": _watched(inputs, package, silence),
    }
    faults = [
        {"way": way, "input": f"{given.kind}/{given.path.name}", "fault": fault, "found": str(found)}
        for way, results in ways.items()
        for given, found in zip(inputs, results, strict=True)
        for fault in _faults(given, found)
    ]
    kinds = list(dict.fromkeys(given.kind for given in inputs))
    rows = [_row(name, inputs, ways, faults) for name in kinds]
    rows.append(_row("all", inputs, ways, faults) | {"must be": f"0, 0, 0, at most {TOLERANCE_S:g} s"})
    return pd.DataFrame(rows).fillna({"must be": ""}), {"faults": faults, "load": os.getloadavg()[0]}


def _row(kind: str, inputs: Sequence[Input], ways: dict[str, list[dict]], faults: list[dict]) -> dict:
    chosen = [k for k, given in enumerate(inputs) if kind in (given.kind, "all")]
    errors_s = [found["error_s"] for results in ways.values() for k in chosen if (found := results[k])]
    mine = [f["fault"] for f in faults if kind == "all" or f["input"].startswith(f"{kind}/")]
    counts = {fault: mine.count(fault) for fault in ("crash", "lost", "silent loss")}
    return {"kind": kind, "inputs": len(chosen), **counts, "largest error, s": round(max(errors_s, default=0.0), 2)}


def _faults(given: Input, found: dict) -> list[str]:
    if not found:  # not tried this way
        return []
    if found["crash"]:
        return ["crash"]
    refused = given.duration_s is None
    if found["refused"] != refused:
        return ["lost"]
    silent = found["message"] is not None and given.says not in found["message"]
    wrong = any(name in found and found[name] != set(getattr(given, name)) for name in ("channels", "events"))
    mislabelled = "labels" in found and not found["labels"]
    return ["silent loss"] if silent or wrong or mislabelled or found["error_s"] > TOLERANCE_S else []


def _found(
    given: Input, spans: Sequence[Span], duration_s: float | None, message: str | None, crash: bool = False, **also
) -> dict:
    """What a way found; `error_s` is the largest error of a time, infinite where another number of losses was found.

    Parameters
    ----------
    message : None where this way gives none.
    also : `channels` and `events` that it found, sets of kinds and types; `labels`, whether they are right.
    """
    error_s = 0.0
    if given.duration_s is not None and duration_s is not None:
        pairs = [
            (a, b) for found, right in zip(spans, given.lost, strict=False) for a, b in zip(found, right, strict=True)
        ]
        pairs.append((duration_s, given.duration_s))
        error_s = max(abs(a - b) for a, b in pairs) if len(spans) == len(given.lost) else float("inf")
    return {
        "spans": list(spans),
        "refused": duration_s is None,
        "message": message,
        "crash": crash,
        "error_s": error_s,
    } | also


def _scanned(inputs: Sequence[Input], folder: Path, package: Path, silence: str | None) -> list[dict]:
    command = [*HORUS, "scan", str(folder / "inputs"), "--model", str(package), "--out", str(folder / "out")]
    done = subprocess.run(command, capture_output=True, text=True)
    results = []
    written = {}
    for path in (folder / "out").rglob("*.json"):
        written[json.loads(path.read_text("utf-8")).get("file")] = path  # whose name may be cut
    for given in inputs:
        if given.left_out:
            said = str(given.path) in done.stderr
            results.append(_found(given, [], None if said else 0.0, None, crash=not done.stderr))
            continue
        path = written.get(given.path.relative_to(folder / "inputs").as_posix(), Path())
        if not path.is_file():
            results.append(_found(given, [], None, done.stderr, crash=True))
            continue
        said = json.loads(path.read_text("utf-8"))
        spans = [(e["start"], e["end"]) for e in said["events"] if e["type"] == silence]
        crash = "crashes" in said["message"] or "Error:" in said["message"]
        duration_s = said["duration_s"] if said["status"] == "ok" else None
        channels = {fault["kind"] for fault in said.get("channels", ())}
        events = {e["type"] for e in said["events"]} - {silence}
        results.append(_found(given, spans, duration_s, said["message"], crash, channels=channels, events=events))
    return results


def _ingested(inputs: Sequence[Input], folder: Path, silence: str | None) -> list[dict]:
    """What `make all` takes for lost: where sound known to be normal has no label, or that of silence."""
    command = [sys.executable, "-c", _INGEST, str(folder / "inputs"), str(folder / "cache"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    tables = [folder / f"{name}.json" for name in ("recordings", "intervals", "report")]
    recordings, intervals, report = [json.loads(t.read_text("utf-8")) if t.is_file() else [] for t in tables]
    rows = {row["path"]: row for row in recordings}
    results = []
    for given in inputs:
        name = given.path.relative_to(folder / "inputs").as_posix()
        row = rows.get(name)
        if row is None and given.left_out and any(issue["file"] == name for issue in report):
            results.append(_found(given, [], None, None))
            continue
        if row is None:
            results.append(_found(given, [], None, done.stderr, crash=True))
            continue
        duration_s = None if row["status"] == "failed" else row["duration_s"]
        mine = [x for x in intervals if x["recording_id"] == row["recording_id"]]
        kept = [(x["start_s"], x["end_s"]) for x in mine if x["label"] != silence]
        spans = list(given.lost) if given.labels else _between(kept, row["duration_s"] or 0.0)
        message, labels = None if given.channels else row["message"], all(_has(mine, right) for right in given.labels)
        results.append(_found(given, spans, duration_s, message, "crashes" in row["message"], labels=labels))
    return results


def _has(intervals: Sequence[dict], right: tuple[float, float, str | None]) -> bool:
    """Whether a label (s, s, name) is among the intervals of a recording; None where there must be no label."""
    start_s, end_s, label = right
    if label is None:
        return not any(x["label"] and x["start_s"] < end_s and x["end_s"] > start_s for x in intervals)
    mine = [x for x in intervals if x["label"] == label]
    return any(max(abs(x["start_s"] - start_s), abs(x["end_s"] - end_s)) < TOLERANCE_S for x in mine)


def _between(spans: Sequence[Span], duration_s: float) -> list[Span]:
    """What of a duration is left between spans and is long enough to count."""
    edges_s = [0.0, *(edge_s for span in sorted(spans) for edge_s in span), duration_s]
    pairs = zip(edges_s[::2], edges_s[1::2], strict=True)
    return [(start_s, end_s) for start_s, end_s in pairs if end_s - start_s >= LEAST_LOST_S]


def _watched(inputs: Sequence[Input], package: Path, silence: str | None) -> list[dict]:
    with ThreadPoolExecutor(cores()) as pool:
        return list(pool.map(lambda given: _watch(given, package, silence), inputs))


def _watch(given: Input, package: Path, silence: str | None) -> dict:
    """What `horus watch` announces of an input that comes through a pipe."""
    if not given.live:
        return {}
    command = [*HORUS, "watch", "-", "--patience", "5", "--model", str(package)]
    with open(given.path, "rb") as source:
        done = subprocess.run(command, stdin=source, capture_output=True, text=True)
    said = [json.loads(line) for line in done.stdout.splitlines()]
    lines = {line["event"]: line for line in said if line["what"] != "note"}
    channels = {line["kind"] for line in said if line["what"] == "note"}
    events = {line["type"] for line in lines.values()} - {silence}
    spans = sorted((x["start"], x["end"] or float("inf")) for x in lines.values() if x["type"] == silence)
    with open(given.path, "rb") as source:
        length = subprocess.run([sys.executable, "-c", _LENGTH], stdin=source, capture_output=True, text=True).stdout
    crash = done.returncode != 0 or "Traceback" in done.stderr or not length
    return _found(given, spans, float(length or 0), None, crash, channels=channels, events=events)
