"""Reading a folder of events as tables: which there are, what is in them, what is odd, which belong together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from horuslib.core.errors import UserError
from horuslib.core.walk import shown
from horuslib.datasets.ingest_issues import IngestIssue, report_table
from horuslib.datasets.splits import assign_splits
from horuslib.spectral.corrections import content_of, read_classes
from horuslib.spectral.events.event import MODALITIES, SOUND_RATE_HZ, Event, Signals, find_events, read_signals
from horuslib.spectral.events.groups import MOST_IN_ONE, group_events, picture_hashes
from horuslib.spectral.events.vector import FEATURES, sensor_vector
from horuslib.tasks import EventsTask

MIN_EVENTS = 8


@dataclass(frozen=True)
class Ingested:
    """Attributes
    ----------
    events : one row each: key, event_id, label, label_as_written, device, content (hash), which modalities are there,
        frames, fps, sound_s, rows, clock and its uncertainty, the sensor vector; film, sound, minute, group_id;
        split and fold.
    report : what is odd, as rows.
    notes : sentences on groups and splits.
    """

    events: pd.DataFrame
    report: pd.DataFrame
    notes: list[str]


def ingest(folder: Path, task: EventsTask, ledger: Path) -> Ingested:
    """Read every event below a folder.

    Raises
    ------
    UserError
        When too few events have a class to train on.
    """
    found, issues = find_events(folder, task.labels, task.duration_s)
    given, wrong = read_classes(ledger, task.labels)
    rows: list[dict] = []
    hashes: dict[str, np.ndarray] = {}
    sounds: dict[str, np.ndarray] = {}
    issues += wrong
    found, unnamed = _named(found)
    issues += unnamed
    for event in found:
        signals = read_signals(event)
        issues += signals.issues
        if not any(signals.present.values()):
            told = "nothing of it can be read"
            issues.append(IngestIssue(event.key, "", told, "kept without its class: copy its files again", "error"))
        content = content_of(event.folder)
        rows.append(_row(event, signals, content, given, task))
        if signals.picture is not None:
            hashes[event.key] = picture_hashes(signals.picture)
        if signals.sound is not None:
            sounds[event.key] = signals.sound
    events = pd.DataFrame(rows)
    issues += _same_content(events)
    groups, notes = group_events(found, hashes, sounds)
    events = events.merge(groups, on="key") if len(events) else events
    _require_learnable(events, task)
    events, more = assign_splits(_divisible(events, task, notes), task)
    return Ingested(events, report_table(issues), notes + more)


def _named(events: list[Event]) -> tuple[list[Event], list[IngestIssue]]:
    """The events whose place can be written into a table, and a row for each other one."""
    told = ("", "the name of its folder is not UTF-8", "left out: rename the folder", "error")
    named = {event.key: shown(event.folder) == str(event.folder) for event in events}
    issues = [IngestIssue(key, *told) for key, written in named.items() if not written]
    return [event for event in events if named[event.key]], issues


def _row(event: Event, signals: Signals, content: str, given: Mapping[str, str | None], task: EventsTask) -> dict:
    about = event.about
    vector, has = sensor_vector(signals.sensors, task.duration_s)
    picture, sensors = signals.picture, signals.sensors
    fps = 0.0 if picture is None or len(picture.times_s) < 2 else 1 / float(np.median(np.diff(picture.times_s)))
    return {
        "key": event.key,
        "folder": str(event.folder),
        "event_id": about.event_id,
        "label": given.get(content, event.label) if any(signals.present.values()) else None,
        "label_as_written": about.label_as_written,
        "relabelled": content in given,
        "device": about.device,
        "content": content,
        **{f"has_{m}": there for m, there in signals.present.items()},
        "frames": 0 if picture is None else len(picture.frames),
        "fps": fps,
        "size": "" if picture is None else f"{picture.source_width}x{picture.source_height}",
        "sound_s": 0.0 if signals.sound is None else len(signals.sound) / SOUND_RATE_HZ,
        "rows": 0 if sensors is None else sensors.rows,
        "clock": "" if sensors is None else sensors.clock.origin,
        "clock_uncertainty_s": np.nan if sensors is None else sensors.clock.uncertainty_s,
        **{name: value if there else np.nan for name, value, there in zip(FEATURES, vector, has, strict=True)},
    }


def _same_content(events: pd.DataFrame) -> list[IngestIssue]:
    """Events whose signals are copies of another's."""
    if events.empty:
        return []
    whole = events[events[[f"has_{m}" for m in MODALITIES]].any(axis=1)]
    first = whole.drop_duplicates("content").set_index("content").key
    copies = whole[whole.duplicated("content")]
    return [
        IngestIssue(row.key, "", f"its signals are those of {first[row.content]}", "kept in the same group", "warning")
        for row in copies.itertuples()
    ]


def _require_learnable(events: pd.DataFrame, task: EventsTask) -> None:
    labelled = events.label.notna().sum() if len(events) else 0
    classes = events.label.nunique() if len(events) else 0
    if labelled < MIN_EVENTS or classes < 2:
        raise UserError(
            f"{labelled} events of {classes} classes can be trained on; at least {MIN_EVENTS} of two classes are "
            f"needed. Classes stand in metadata.json under `classification`: {', '.join(task.labels)}."
        )


def _divisible(events: pd.DataFrame, task: EventsTask, notes: list[str]) -> pd.DataFrame:
    """The events with groups that can be put into folds.

    Where all relations together leave fewer groups than folds, or one group with most events, films or sounds alone
    are kept apart, whichever have the larger groups: the harder test. A sentence says what the folds then share.
    """
    counts = events.group_id.value_counts()
    if len(counts) > task.splits.folds and counts.iloc[0] <= MOST_IN_ONE * len(events):
        return events
    largest = {name: int(events[name].value_counts().iloc[0]) for name in ("film", "sound")}
    apart = {name: n for name, n in largest.items() if n <= MOST_IN_ONE * len(events)} or largest
    best = max(apart, key=lambda name: apart[name])
    notes.append(
        f"Films, sounds and minutes together connect {counts.iloc[0]} of {len(events)} events: folds keep each {best} "
        "on one side and may share the others, so that scores for new ones of those may be lower."
    )
    return events.assign(group_id=events[best])


def folds_of(labels: np.ndarray, groups: Sequence[str], task: EventsTask) -> np.ndarray:
    """(n,) folds that keep these groups together, balanced over the classes.

    Parameters
    ----------
    labels : (n,) class numbers.
    """
    table = pd.DataFrame({"label": np.array(task.labels, object)[labels], "group_id": list(groups)})
    return assign_splits(table, task)[0].fold.to_numpy()


def class_numbers(labels: pd.Series, task: EventsTask) -> np.ndarray:
    """(n,) each label's place among the task's classes, -1 where there is none."""
    return labels.map({name: k for k, name in enumerate(task.labels)}).fillna(-1).to_numpy(int)
