"""From predictions to the quality of a detector: the tables of the evaluation step.

Conventions
-----------
- `evaluated` is the table that everything here reads: a row per labelled segment with recording_id, group_id, start_s,
  end_s, label, fold, split, rms, peak (linear full scale) and p_<label>; the decision adds `verdict`, `confidence`.
- `augmented` is the same for variations of training segments, each predicted by the network that was not trained on
  its group.
- Nothing is evaluated by a number that was fitted on it (`evaluation.cross_fitting`).
- An event is right when the label that holds for most of it is its type, and a false alarm when that label is normal.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from horuslib.acoustics.measures import DETAILS, MEASURES
from horuslib.audio.encode import write_wav
from horuslib.core.artifacts import Step
from horuslib.datasets.dataset import segment_audio
from horuslib.evaluation import metrics
from horuslib.tasks import Task


def join(predictions: pd.DataFrame, segments: pd.DataFrame, features: pd.DataFrame) -> pd.DataFrame:
    """The evaluated segments: predictions with times, sources, levels and measures; only those with
    a label."""
    times = segments[["segment_id", "recording_id", "group_id", "start_s", "end_s"]]
    details = {f"measured_{name}": name for name in DETAILS}
    levels = features.loc[features.kind == "original", ["segment_id", "rms", "peak", *MEASURES, *details]]
    levels = levels.rename(columns=details)
    new = [column for column in predictions if column == "segment_id" or column not in {*times, *levels}]
    evaluated = predictions[new].merge(times, on="segment_id").merge(levels, on="segment_id")
    evaluated = evaluated[evaluated.label.notna() & evaluated.split.isin(["train", "holdout"])]
    return evaluated.sort_values(["recording_id", "start_s"], ignore_index=True)


def join_augmented(augmented: pd.DataFrame, features: pd.DataFrame) -> pd.DataFrame:
    """Predictions of variations with the levels, measures and augmentation parameters of each."""
    known = features[features.kind == "variation"].drop(columns=["segment_id", "label", "fold", "split", "kind"])
    return augmented.merge(known, on="example_id")


def side_by_side(evaluated: pd.DataFrame, task: Task) -> pd.DataFrame:
    """`metrics.evaluate` of the verdicts out of fold and on the holdout: columns (split, measure), a row per label."""
    names = {"out of fold": "train", "holdout": "holdout"}
    parts = {name: evaluated[evaluated.split == split] for name, split in names.items()}
    return pd.concat({name: metrics.evaluate(x.label, x.verdict, task.labels) for name, x in parts.items()}, axis=1)


def place_events(events: pd.DataFrame, intervals: pd.DataFrame) -> pd.DataFrame:
    """Say of each event which label holds for most of it (`label`), by the intervals; "" where nothing is known.

    Parameters
    ----------
    events : recording_id, type, start_s, end_s, confidence.
    intervals : recording_id, start_s, end_s, label.
    """
    pairs = events.reset_index(names="event").merge(intervals, on="recording_id", suffixes=("", "_true"))
    pairs["common_s"] = np.minimum(pairs.end_s, pairs.end_s_true) - np.maximum(pairs.start_s, pairs.start_s_true)
    common = pairs[pairs.common_s > 0].groupby(["event", "label"]).common_s.sum().reset_index()
    most = common.sort_values("common_s").drop_duplicates("event", keep="last").set_index("event").label
    return events.assign(label=most.reindex(events.index).fillna("").astype(str))


def event_counts(events: pd.DataFrame, intervals: pd.DataFrame, task: Task) -> dict[str, int]:
    """How many labelled faults were found, and how many events were right or false alarms.

    A fault is found when events of its type cover at least half of it.
    """
    faults = intervals[intervals.label.isin(task.faults)].reset_index(drop=True)
    pairs = faults.reset_index(names="fault").merge(
        events.drop(columns="label"), on="recording_id", suffixes=("", "_e")
    )
    pairs = pairs[pairs.type == pairs.label]
    common = (np.minimum(pairs.end_s, pairs.end_s_e) - np.maximum(pairs.start_s, pairs.start_s_e)).clip(lower=0)
    covered = common.groupby(pairs.fault).sum().reindex(faults.index, fill_value=0.0)
    return {
        "faults": len(faults),
        "found": int((covered >= (faults.end_s - faults.start_s) / 2).sum()),
        "events": len(events),
        "right": int((events.type == events.label).sum()),
        "false_alarms": int((events.label == task.background).sum()),
    }


def write_misclassified(evaluated: pd.DataFrame, ingest: Step, folder: Path, task: Task) -> pd.DataFrame:
    """Write every misclassified segment as a WAV at its true level, most confident errors first.

    Returns
    -------
    The wrong rows of `evaluated` with `file`, the WAV's name in `folder`.
    """
    wrong = evaluated[evaluated.verdict != evaluated.label].sort_values(
        "confidence", ascending=False, ignore_index=True
    )
    wrong["file"] = [f"{row.label}_as_{row.verdict}_{row.segment_id}.wav" for row in wrong.itertuples()]
    for _, row in wrong.iterrows():
        write_wav(folder / row.file, segment_audio(ingest, row, task), task.front_end.sample_rate_hz)
    return wrong


def summary(evaluated: pd.DataFrame, events: pd.DataFrame, intervals: pd.DataFrame, task: Task) -> dict:
    """What the index page and the last lines of a run show; see `metrics` for what each number means.

    Parameters
    ----------
    evaluated : with verdicts.
    events : out-of-fold events, placed (`place_events`).
    intervals : the labelled intervals of the recordings that were evaluated out of fold.
    """
    table = side_by_side(evaluated, task)
    parts = {
        name: evaluated[evaluated.split == split] for name, split in (("out_of_fold", "train"), ("holdout", "holdout"))
    }
    matrices = {name: metrics.confusion(x.label, x.verdict, task.labels) for name, x in parts.items()}
    out_of_fold = parts["out_of_fold"]
    normal = out_of_fold[out_of_fold.label == task.background]
    hours = metrics.covered_s(normal.recording_id, normal.start_s, normal.end_s) / 3600
    counts = event_counts(events, intervals, task)
    rate, upper = metrics.alarm_rate(counts["false_alarms"], hours)
    measures = ["precision", "recall", "f1", "f1_low", "f1_high", "support"]
    rng = np.random.default_rng(task.seed)
    return {
        "macro_f1": {name: float(metrics.macro_f1(m)) if m.sum() else None for name, m in matrices.items()},
        "macro_f1_interval": metrics.macro_f1_interval(
            out_of_fold.label, out_of_fold.verdict, out_of_fold.group_id, task.labels, rng
        ),
        "per_class": table["out of fold"][measures].to_dict(orient="index"),
        "accuracy": float((out_of_fold.label == out_of_fold.verdict).mean()),
        "false_alarms_per_hour": rate,
        "false_alarms_per_hour_upper95": upper,
        "normal_hours": hours,
        "events": counts,
        "segments": len(evaluated),
        "recordings": int(evaluated.recording_id.nunique()),
    }
