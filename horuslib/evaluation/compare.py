"""Two tasks on the same recordings: which faults each finds, and how soon.

Conventions
-----------
- Every fault is evaluated by a network that was not trained on its group: the evaluation step's verdicts and events,
  out of fold and holdout, of the recordings that both tasks evaluated.
- A fault is found when events of its type cover at least half of it.
- Time to detection runs from the fault's start to the end of the segment that decides: the first of its event, or the
  one that makes up the number which the task asks for. Sound close to a fault's edges may carry no label and is then
  not evaluated, in both tasks alike.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from horuslib.core import artifacts
from horuslib.core.paths import Paths
from horuslib.core.workbooks import AUDIO
from horuslib.tasks import Task

_FAULT = ["recording_id", "label", "start_s", "end_s"]


@dataclass(frozen=True)
class Evaluated:
    """A task with what its 06_evaluate left."""

    task: Task
    intervals: pd.DataFrame
    verdicts: pd.DataFrame
    events: pd.DataFrame
    recordings: pd.DataFrame
    """Indexed by recording_id."""
    metrics: dict

    @classmethod
    def read(cls, task: Task, paths: Paths | None = None) -> "Evaluated":
        """Raises UserError when the task was not evaluated yet."""
        ingest, done = (artifacts.read(step, task, paths) for step in (AUDIO["ingest"], AUDIO["evaluate"]))
        recordings = ingest.table("recordings").drop_duplicates("recording_id").set_index("recording_id")
        verdicts, events = done.table("verdicts"), done.table("events")
        return cls(task, ingest.table("intervals"), verdicts, events, recordings, done.json("metrics"))


def compare(one: Evaluated, other: Evaluated) -> pd.DataFrame:
    """A row per fault of the recordings both evaluated: recording_id, label, start_s, end_s, path; then for each task
    `found_<task>` and `delay_s_<task>` (NaN where it is not found), or None and NaN where the task knows no such fault.
    """
    both = set(one.verdicts.recording_id) & set(other.verdicts.recording_id)
    tables = []
    for side in (one, other):
        known = side.intervals[side.intervals.label.isin(side.task.faults) & side.intervals.recording_id.isin(both)]
        tables.append(_detections(known[_FAULT].reset_index(drop=True), side))
    faults = tables[0].merge(tables[1], on=_FAULT, how="outer").sort_values(_FAULT, ignore_index=True)
    path = faults.recording_id.map(one.recordings.path)
    return faults.assign(path=path)


def by_label(faults: pd.DataFrame, one: Task, other: Task) -> pd.DataFrame:
    """A row per label, in the first task's order: faults, and for each task how many are found and the median delay (s)
    on those that both find; NaN where a task does not know the label."""
    found, delay = ([f"{what}_{task.name}" for task in (one, other)] for what in ("found", "delay_s"))
    rows = {}
    for label in [x for x in dict.fromkeys([*one.faults, *other.faults]) if x in set(faults.label)]:
        some = faults[faults.label == label]
        shared = some[some[found].eq(True).all(axis=1)]
        known = {name: some[name].notna().any() for name in found}
        rows[label] = {
            "faults": len(some),
            **{name: int(some[name].eq(True).sum()) if known[name] else np.nan for name in found},
            **{name: shared[name].median() for name in delay},
        }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["faults", *found, *delay])


def _detections(faults: pd.DataFrame, side: Evaluated) -> pd.DataFrame:
    found, delays_s = [], []
    for fault in faults.itertuples():
        events = side.events[(side.events.recording_id == fault.recording_id) & (side.events.type == fault.label)]
        covered = np.minimum(events.end_s, fault.end_s) - np.maximum(events.start_s, fault.start_s)
        found.append(bool(covered.clip(lower=0).sum() >= (fault.end_s - fault.start_s) / 2))
        delays_s.append(_delay_s(fault, events[covered > 0], side) if found[-1] else np.nan)
    name = side.task.name
    return faults.assign(
        **{f"found_{name}": pd.Series(found, dtype=object), f"delay_s_{name}": np.array(delays_s, float)}
    )


def _delay_s(fault, events: pd.DataFrame, side: Evaluated) -> float:
    """From the fault's start to the end of the segment that decides its first event."""
    first = events.sort_values("start_s").iloc[0]
    rows = side.verdicts[(side.verdicts.recording_id == fault.recording_id) & (side.verdicts.verdict == fault.label)]
    rows = rows[(rows.end_s > max(first.start_s, fault.start_s)) & (rows.start_s < first.end_s)].sort_values("end_s")
    if rows.empty:
        return float("nan")
    needed = side.task.decision.rule(fault.label).min_segments
    return float(rows.end_s.iloc[min(needed, len(rows)) - 1] - fault.start_s)
