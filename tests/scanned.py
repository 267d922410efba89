"""A folder as `horus scan` leaves it, made without hearing anything."""

import numpy as np
import pandas as pd

from horuslib.core.artifacts import write_json
from horuslib.evaluation.events import Event
from horuslib.inference.diagnosis import diagnosis, failed

MODEL = {"task": "horus", "sha256": "ab" * 32, "thresholds": {"eco_reverb": 0.6}, "horuslib": "0.1.0"}


def write_diagnosis(folder, name, duration_s, task, events=(), message="", size_bytes=None):
    """One diagnosis; every segment says what the event says that covers its middle."""
    starts = np.arange(0, max(duration_s - task.front_end.segment_s, 0) + 1e-9, task.front_end.hop_s)
    rows = [_segment(start, start + task.front_end.segment_s, events, task) for start in starts]
    found = diagnosis(name, duration_s, task, events, pd.DataFrame(rows), model=MODEL, message=message)
    found["source"] = {"size_bytes": size_bytes, "key": "sha256:0"} if size_bytes is not None else None
    return write_json(folder / f"{name}.json", found)


def write_failure(folder, name, message):
    return write_json(folder / f"{name}.json", {**failed(name, message, model=MODEL), "source": None})


def make_scan(task, folder, videos, seed=20, longest_s=7200):
    """Diagnoses of so many videos: half of them with one to eight events, one in a hundred unreadable."""
    rng = np.random.default_rng(seed)
    for i in range(videos):
        name = f"2026/{i % 12 + 1:02}/channel_{i % 7}_{i:05}.mp4"
        if i % 100 == 99:
            write_failure(folder, name, "cannot be opened as audio or video: damaged.")
            continue
        duration_s = float(rng.integers(60, longest_s))
        events = []
        for start_s in np.sort(rng.uniform(0, duration_s - 20, rng.integers(1, 9) if rng.random() < 0.5 else 0)):
            end_s = min(duration_s, start_s + float(rng.uniform(5, 120)))
            events.append(Event(str(rng.choice(task.faults)), float(start_s), end_s, float(rng.uniform(0.5, 1))))
        write_diagnosis(folder, name, duration_s, task, events)
    return folder


def _segment(start_s, end_s, events, task):
    middle = (start_s + end_s) / 2
    event = next((e for e in events if e.start_s <= middle < e.end_s), Event("normal", start_s, end_s, 0.9))
    columns = {f"p_{x}": event.confidence if x == event.type else 0.01 for x in task.labels}
    return {"start_s": start_s, "end_s": end_s, "label": event.type, "confidence": event.confidence, **columns}
