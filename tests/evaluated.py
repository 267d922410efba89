"""What 06_evaluate leaves behind, made quickly."""

import numpy as np
import pandas as pd

from horuslib.core import artifacts

SHA = "ab" * 32


def found(task, f1=0.95, low=0.9, rate=0.5, bound=1.5, **changed):
    row = {"precision": f1, "recall": f1, "f1": f1, "f1_low": low, "f1_high": 1.0, "support": 50}
    return {
        "macro_f1": {"out_of_fold": f1, "holdout": None},
        "per_class": {label: dict(row) for label in task.labels},
        "false_alarms_per_hour": rate,
        "false_alarms_per_hour_upper95": bound,
        "normal_hours": 2.0,
        "ece_before": 0.1,
        "ece_after": 0.05,
        "segments": 300,
        "recordings": 40,
        "accuracy": f1,
    } | changed


def write_evaluation(task, paths, *, wrong=3, thresholds=0.61, relabelled=(), absent=(), **changed):
    """01 and 06 of one recording: ten segments per label, the first `wrong` of eco_reverb answered normal.

    Segments (by number) in `relabelled` are labelled as they are answered, those in `absent` are not there.
    """
    ingest = artifacts.begin("01_ingest", task, paths=paths)
    ingest.write_table("recordings", pd.DataFrame({"recording_id": ["a"], "sha256": [SHA]}))
    ingest.finish()
    labels = np.repeat(task.labels, 10).astype(object)
    answers = labels.copy()
    answers[np.flatnonzero(labels == "eco_reverb")[:wrong]] = "normal"
    for place in relabelled:
        labels[place] = answers[place]
    rows = {"segment_id": [f"a-{i}" for i in range(len(labels))], "label": labels, "verdict": answers}
    step = artifacts.begin("06_evaluate", task, paths=paths)
    step.write_table("verdicts", pd.DataFrame(rows).assign(split="train").drop(index=list(absent)))
    step.write_json("metrics", found(task, **changed))
    step.write_json("thresholds", dict.fromkeys(task.faults, thresholds))
    step.finish()


def predictions(task, rows):
    """rows: (label, {label: probability}, rms); the rest of the probability goes to normal."""
    made = []
    for i, (label, p, rms) in enumerate(rows):
        full = dict.fromkeys(task.labels, 0.0) | p
        full["normal"] += 1 - sum(full.values())
        place = {"segment_id": f"r-{i}", "recording_id": "r", "start_s": 2.5 * i, "end_s": 2.5 * i + 5}
        made.append({**place, "label": label, "rms": rms, "peak": 4 * rms} | {f"p_{k}": v for k, v in full.items()})
    return pd.DataFrame(made)
