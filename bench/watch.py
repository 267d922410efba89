"""Work per segment of `horus watch` during one event of 72 hours: the last hour compared with the first.

Only the tracker of events is measured, on invented predictions: decoding and the network cost the same at any time.
"""

import os
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from bench.speed import write_package
from horuslib.acoustics.segment_features import COLUMNS
from horuslib.evaluation.definitions import MEASUREMENTS
from horuslib.inference.detector import Detector
from horuslib.inference.event_tracker import EventTracker

TITLE = "watch: work per segment during one event of 72 hours"
EVENT_H, MUST_BE_MS = 72, 5.0
LABEL, PROBABILITY = "sinal_teste", 0.9


def run() -> tuple[pd.DataFrame, dict]:
    """Median milliseconds per segment, and memory, in the first and the last hour."""
    with tempfile.TemporaryDirectory() as folder:
        detector = Detector.load(write_package(Path(folder) / "package", "horus"))
    hop_s, segment_s = detector.task.front_end.hop_s, detector.task.front_end.segment_s
    per_hour = round(3600 / hop_s)
    labels = detector.task.labels
    p = np.where(np.array(labels) == LABEL, PROBABILITY, (1 - PROBABILITY) / (len(labels) - 1))
    tracker, lines, spent_ms, memory_mb = EventTracker(detector), [], [], []
    for n in range(EVENT_H * per_hour):
        times_s, levels, measured = [n * hop_s, n * hop_s + segment_s], [0.1, 0.1], np.zeros(len(COLUMNS))
        measurements = {"tone_from_s": times_s[0], "tone_to_s": times_s[1], "muted_s": 0.0}
        row = np.concatenate([times_s, levels, measured, [measurements.get(name, np.nan) for name in MEASUREMENTS], p])
        began = time.perf_counter()
        lines += tracker.update(row[None])
        spent_ms.append(1000 * (time.perf_counter() - began))
        if n in (per_hour - 1, EVENT_H * per_hour - 1):
            memory_mb.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    first, last = np.median(spent_ms[:per_hour]), np.median(spent_ms[-per_hour:])
    rows = [
        ("first hour", first, memory_mb[0], None, ""),
        ("hour 72", last, memory_mb[1], last, f"at most {MUST_BE_MS:g} ms"),
    ]
    table = pd.DataFrame(rows, columns=["what", "ms per segment", "peak memory, MB", "figure", "must be"]).round(2)
    details = {"segments": len(spent_ms), "announced": len(lines), "last_over_first": round(last / first, 2)}
    return table, details | {"load": os.getloadavg()[0]}
