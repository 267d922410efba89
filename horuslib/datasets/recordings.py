"""One recording: a file's decoded sound, and its labels from the paths of all its copies."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from horuslib.audio.media import Audio, MediaError, NoAudioStream, read_audio
from horuslib.audio.streams.lost_sound import Span
from horuslib.datasets.corrections import Correction
from horuslib.datasets.ingest_issues import IngestIssue
from horuslib.datasets.labels.timeline import Interval, timeline
from horuslib.datasets.labels.timestamps import TimedRow
from horuslib.tasks import Task


@dataclass(frozen=True)
class Recording:
    """All files of identical content (one sha256)."""

    recording_id: str
    path: str
    """Posix, relative to the folder of videos; of several copies, the one whose labels are used."""
    sha256: str
    duration_s: float = float("nan")
    sample_rate_hz: int = 0
    """The file's own rate and channels; 0 without sound."""
    channels: int = 0
    louder_db: float = 0.0
    """How much louder the programme is than its mono mix."""
    status: str = "failed"
    message: str = ""
    intervals: tuple[Interval, ...] = ()
    """The whole timeline; empty when no segments can be cut from it."""
    issues: tuple[IngestIssue, ...] = field(default=(), repr=False)


def read_recording(
    files: Mapping[str, Path],
    sha256: str,
    rows: Mapping[str, Sequence[TimedRow]],
    corrections: Sequence[Correction],
    cache: Path,
    task: Task,
    decode: Callable[[Path, int], Audio] = read_audio,
) -> Recording:
    """Decode one file into the cache and label it.

    Parameters
    ----------
    files : every copy of this content, path relative to the folder -> file.
    rows : the rows of timestamp.csv, by path.
    cache : folder for `<recording_id>.npy`, float32 mono at the task's rate.
    decode : `media.read_audio`, or that of a process of its own.
    """
    path = next(iter(files))
    recording = Recording(sha256[:12], path, sha256)
    array = cache / f"{recording.recording_id}.npy"
    try:
        audio = decode(files[path], task.front_end.sample_rate_hz)
    except NoAudioStream as e:
        silent = replace(recording, status="no_audio", duration_s=e.duration_s, message=str(e))
        return _as_silence(_labelled(silent, files, rows, corrections, task), array, task)
    except (MediaError, OSError) as e:
        issue = IngestIssue(path, "", str(e), "left out; replace it by a file that plays, or remove it", "error")
        return replace(recording, message=str(e), issues=(issue,))
    np.save(array, audio.samples)
    decoded = replace(
        recording,
        duration_s=audio.duration_s,
        sample_rate_hz=audio.source_rate_hz,
        channels=audio.channels,
        louder_db=audio.louder_db,
        status="ok",
        message="; ".join(audio.notes),
        issues=tuple(
            IngestIssue(path, "sound", note, "kept; listen before trusting it", "note") for note in audio.notes
        ),
    )
    labelled = _labelled(decoded, files, rows, corrections, task)
    return replace(labelled, intervals=_without_lost(labelled.intervals, audio.lost, task))


def _without_lost(intervals: Sequence[Interval], lost: Sequence[Span], task: Task) -> tuple[Interval, ...]:
    """The same timeline with no label where there is no sound data, unless the label says so."""
    for start_s, end_s in lost:
        pieces = []
        for interval in intervals:
            if interval.label in (None, task.silence) or interval.end_s <= start_s or interval.start_s >= end_s:
                pieces.append(interval)
                continue
            edges = interval.start_s, max(interval.start_s, start_s), min(interval.end_s, end_s), interval.end_s
            inside = interval._replace(label=None, origin="no sound data")
            for piece, a, b in zip((interval, inside, interval), edges[:-1], edges[1:], strict=True):
                pieces += [piece._replace(start_s=a, end_s=b)] if a < b else []
        intervals = pieces
    return tuple(intervals)


def _labelled(
    recording: Recording,
    files: Mapping[str, Path],
    rows: Mapping[str, Sequence[TimedRow]],
    corrections: Sequence[Correction],
    task: Task,
) -> Recording:
    """The recording with the timeline of its first copy that has a label, and an issue for each other copy."""
    timelines = {path: timeline(path, recording.duration_s, rows.get(path, ()), corrections, task) for path in files}
    path = next((p for p, (spans, _) in timelines.items() if any(i.label for i in spans)), recording.path)
    spans, issues = timelines[path]
    for copy, (other, _) in timelines.items():
        if copy != path:
            differs = any(i.label for i in other) and [i[:3] for i in other] != [i[:3] for i in spans]
            problem = f"same content as {path}" + (", under other labels" if differs else "")
            action = f"counted once, as {path}; remove one"
            issues.append(IngestIssue(copy, "", problem, action, "warning" if differs else "note"))
    if recording.status == "ok" and not is_long_enough(recording.duration_s, task):
        tiled = task.front_end.short == "tile"
        shortest = f"the shortest sound used ({task.ingest.shortest_s:g} s)"
        least = shortest if tiled else f"a segment ({task.front_end.segment_s:g} s)"
        problem = f"{recording.duration_s:.2f} s long, shorter than {least}"
        issues.append(IngestIssue(path, "", problem, "left out of training; use a longer excerpt", "warning"))
    return replace(recording, path=path, intervals=tuple(spans), issues=(*recording.issues, *issues))


def is_long_enough(duration_s: float, task: Task) -> bool:
    """Whether a recording has a segment: where a shorter one is repeated, it needs `ingest.shortest_s`."""
    return duration_s >= (task.ingest.shortest_s if task.front_end.short == "tile" else task.front_end.segment_s)


def _as_silence(recording: Recording, array: Path, task: Task) -> Recording:
    """A video without an audio track is digital silence if labelled so; otherwise it has no segments."""
    labels_given = {i.label for i in recording.intervals if i.label and i.origin != "outside"}
    problem = "the video has no audio track"
    if task.silence and labels_given == {task.silence}:
        origin = next(i.origin for i in recording.intervals if i.label == task.silence)
        np.save(array, np.zeros(round(recording.duration_s * task.front_end.sample_rate_hz), np.float32))
        whole = (Interval(0.0, recording.duration_s, task.silence, origin),)
        issue = IngestIssue(recording.path, "", problem, "its label agrees: used as digital silence", "note")
        return replace(recording, intervals=whole, issues=(*recording.issues, issue))
    if labels_given:
        problem += f"; its label is {', '.join(sorted(labels_given))}"
        label_it = f"label it {task.silence}, or " if task.silence else ""
        action, severity = f"left out; {label_it}copy the video again with its sound", "warning"
    else:
        list_it = f"; list it in timestamp.csv as {task.silence} to train on it" if task.silence else ""
        action, severity = f"kept without segments{list_it}", "note"
    issue = IngestIssue(recording.path, "", problem, action, severity)
    return replace(recording, intervals=(), issues=(*recording.issues, issue))
