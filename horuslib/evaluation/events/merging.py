"""From the verdicts of segments to events with a start and an end: phase 4 of Heimdall, with the numbers of the task.

Neighbouring segments of one fault become a run; a run that is long enough, or sure enough, becomes an event. Its
edges are placed as the task says: `segments` takes the first segment's start and the last one's end (Heimdall),
`overlap` averages the probabilities of all segments that cover a moment (`events.edges`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from horuslib.evaluation.events.attributes import COLUMNS, attributes
from horuslib.evaluation.events.edges import EventEdges
from horuslib.tasks import Task


@dataclass(frozen=True)
class Event:
    """A fault with its place in the file."""

    type: str
    start_s: float
    end_s: float
    confidence: float
    """Mean of the confidences of the segments that carry it. Where theirs are calibrated so is this: segments of one
    event share their sound and their errors, so that several of them prove little more than one (their maximum would be
    overconfident, and the more so the longer the event)."""
    attributes: Mapping[str, object] = field(default_factory=dict)
    """What else was measured of it (`evaluation.events.attributes`)."""


def merge(verdicts: pd.DataFrame, task: Task, duration_s: float) -> list[Event]:
    """Phase 4: the events of one file, in order of their start.

    Parameters
    ----------
    verdicts : of one file, in order of time: `decide`'s columns and `start_s`, `end_s`.
    duration_s : the file's length; no event leaves it.

    Returns
    -------
    list of Event
        Never of the background; two of one class never overlap.
    """
    events, present = [], set(verdicts["label"])
    for label in [x for x in task.faults if x in present]:
        spans = [
            (max(0.0, start_s), min(duration_s, end_s), run) for run, start_s, end_s in _placed(verdicts, label, task)
        ]
        for start_s, end_s, run in _united(spans):
            rows = verdicts.iloc[run]
            events.append(
                Event(label, start_s, end_s, float(rows["confidence"].mean()), attributes(rows, task.kind(label)))
            )
    return sorted(events, key=lambda e: (e.start_s, e.end_s))


def events_table(verdicts: pd.DataFrame, task: Task, durations_s: Mapping[str, float]) -> pd.DataFrame:
    """The events of many recordings.

    Parameters
    ----------
    verdicts : as in `merge`, in order of recording and time, with `recording_id`, `split` and `run`, a number that
        changes where sound was left out: events end there.
    durations_s : recording_id -> length.

    Returns
    -------
    A row per event: recording_id, split, type, start_s, end_s, confidence, and `attributes.COLUMNS`.
    """
    rows = [
        {"recording_id": recording, "split": part["split"].iloc[0]}
        | {name: getattr(event, name) for name in ("type", "start_s", "end_s", "confidence")}
        | dict(event.attributes)
        for (recording, _), part in verdicts.groupby(["recording_id", "run"])
        for event in merge(part, task, durations_s[recording])
    ]
    table = pd.DataFrame(rows, columns=["recording_id", "split", "type", "start_s", "end_s", "confidence", *COLUMNS])
    return table.astype({name: kind for name, kind in COLUMNS.items() if kind is float})


def contiguous_runs(evaluated: pd.DataFrame, task: Task) -> pd.Series:
    """A number per row that changes where sound was left out (unlabelled, near a transition): events end there."""
    step_s = evaluated.groupby("recording_id").start_s.diff()
    return (~(step_s <= 1.5 * task.front_end.hop_s)).cumsum()


def runs(labels: np.ndarray, label: str, gap_tolerance: int, background: str | None) -> list[np.ndarray]:
    """Positions of the segments of each run of `label`; up to `gap_tolerance` segments of background may lie between.

    Another fault in between ends a run, however short it is.

    Example
    -------
    >>> runs(np.array(["eco", "normal", "eco", "normal", "normal", "eco"]), "eco", 1, "normal")
    [array([0, 2]), array([5])]
    """
    found: list[list[int]] = []
    for k in np.flatnonzero(labels == label).tolist():
        between = labels[found[-1][-1] + 1 : k] if found else ()
        if found and len(between) <= gap_tolerance and all(x == background for x in between):
            found[-1].append(k)
        else:
            found.append([k])
    return [np.array(run) for run in found]


def _placed(verdicts: pd.DataFrame, label: str, task: Task) -> list[tuple[np.ndarray, float, float]]:
    """The reported runs of a label, each with its start and end (s)."""
    kept = [
        run
        for run in runs(verdicts["label"].to_numpy(), label, task.decision.gap(label), task.background)
        if _reported(verdicts.iloc[run], label, task, len(verdicts))
    ]
    starts_s, ends_s = verdicts["start_s"].to_numpy(float), verdicts["end_s"].to_numpy(float)
    if kept and task.decision.place == "overlap":
        edges = EventEdges.of(starts_s, ends_s, verdicts[f"p_{label}"])
        return [(run, *edges.place(run[0], run[-1])) for run in kept]
    return [(run, float(starts_s[run[0]]), float(ends_s[run[-1]])) for run in kept]


def _reported(run: pd.DataFrame, label: str, task: Task, available: int) -> bool:
    """Whether a run becomes an event.

    A run needs its class's number of segments, or all `available` ones of a shorter file (not in Heimdall, which
    places by `segments`), and where there are several the class's least confidence. A run of one segment is held to
    the class's single-segment rule instead, where there is one: in Heimdall eco_reverb and ruido_hiss have both a
    minimum of one segment and such a rule, which would decide nothing if the minimum alone were enough. The segment
    that ends with the file, less than a hop after the one before it, is none of Heimdall's: it may lengthen an event,
    never make one.
    """
    rule = task.decision.rule(label)
    if task.decision.place == "segments":
        hops = run["start_s"] / task.front_end.hop_s
        run = run[np.isclose(hops, hops.round())]
    if len(run) == 1 and rule.single_segment:
        only = run.iloc[0]
        return bool(only.confidence >= rule.single_segment.min_confidence and only.rms >= rule.single_segment.min_rms)
    if available > 1 and run["confidence"].mean() < rule.least_confidence:
        return False
    return len(run) >= (rule.min_segments if task.decision.place == "segments" else min(rule.min_segments, available))


def _united(spans: list[tuple[float, float, np.ndarray]]) -> list[tuple[float, float, np.ndarray]]:
    """The same spans with those that overlap made one, carried by the segments of both; touching is not enough."""
    united: list[tuple[float, float, np.ndarray]] = []
    for start_s, end_s, run in sorted(spans, key=lambda span: span[:2]):
        if united and start_s < united[-1][1]:
            before_s, until_s, run_before = united.pop()
            start_s, end_s, run = before_s, max(until_s, end_s), np.concatenate([run_before, run])
        united.append((start_s, end_s, run))
    return united
