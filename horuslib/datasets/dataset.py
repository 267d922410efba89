"""Ingest of a folder of videos as tables: recordings, labelled intervals, segments, and a report of the problems.

An unusable file or row never stops the ingest: it becomes a row of the report. A folder that is not sufficient for
training stops the run with an error message (`require_learnable`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from horuslib.audio.decoder import decoder_pool
from horuslib.audio.fit import filled
from horuslib.audio.segments import CONTEXT_S
from horuslib.core.artifacts import Step, sha256_file
from horuslib.core.errors import UserError
from horuslib.core.walk import LeftOut
from horuslib.datasets.corrections import read_corrections
from horuslib.datasets.ingest_issues import IngestIssue, report_table
from horuslib.datasets.labels import clip_tables
from horuslib.datasets.labels.clip_tables import read_clip_table
from horuslib.datasets.labels.label_tracks import find_label_tracks, read_label_track
from horuslib.datasets.labels.timeline import Interval
from horuslib.datasets.labels.timestamps import TimedRow, read_timestamps
from horuslib.datasets.recordings import Recording, is_long_enough, read_recording
from horuslib.datasets.segments import cut
from horuslib.datasets.source_names import foreign_names
from horuslib.datasets.sources import find_media, find_raw, find_tables, fingerprint_raw, left_out_issues, shown_path
from horuslib.tasks import Task
from horuslib.tasks.sections import WithFrontEnd

__all__ = [
    "Ingested", "audio_before", "find_raw", "fingerprint_raw", "ingest", "load_audio", "require_learnable",
    "segment_audio",
]  # fmt: skip

WORKERS = 2
_SOUND = ["duration_s", "sample_rate_hz", "channels"]
RECORDING_COLUMNS = ["recording_id", "path", "sha256", *_SOUND, "group_id", "status", "message"]
SEGMENT_COLUMNS = ["segment_id", "recording_id", "group_id", "start_s", "end_s", "label", "weight"]


@dataclass(frozen=True)
class Ingested:
    """The tables of one folder of videos. `group_id` is empty until recordings are grouped by content."""

    recordings: pd.DataFrame
    intervals: pd.DataFrame
    segments: pd.DataFrame
    report: pd.DataFrame
    counts: dict
    inputs: dict[str, str]
    """Path -> sha256 of every file that could be read."""
    louder_db: Mapping[str, float] = field(default_factory=dict)
    """recording_id -> how much louder the programme is than its mono mix."""


def ingest(raw: Path, task: Task, cache: Path, ledger: Path | None = None) -> Ingested:
    """Read every media file and label table under a folder; nothing is written there.

    Parameters
    ----------
    raw : folder of videos.
    cache : folder of the decoded sound, one `<recording_id>.npy` per recording: float32 mono at the task's rate.
    ledger : the analyst's corrections; None or an absent file for none.

    Returns
    -------
    Ingested
        The same tables, byte for byte, for the same folder.
    """
    cache.mkdir(parents=True, exist_ok=True)
    unread = LeftOut()
    files = {shown_path(path, raw): path for path in find_media(raw, unread)}
    rows, issues = _read_tables(raw, files, task)
    corrections, found = read_corrections(ledger, task) if ledger else ({}, [])
    issues += found
    issues += left_out_issues(unread, raw)
    with ThreadPoolExecutor(WORKERS) as pool, decoder_pool(min(WORKERS, len(files))) as decode:
        hashes = dict(zip(files, pool.map(_hash, files.values()), strict=True))
        copies: dict[str, dict[str, Path]] = {}
        for path, sha256 in hashes.items():
            if sha256 is None:
                issues.append(
                    IngestIssue(path, "", "cannot be read", "left out; check the file and its permissions", "error")
                )
            else:
                copies.setdefault(sha256, {})[path] = files[path]
        recordings = list(
            pool.map(lambda s: read_recording(copies[s], s, rows, corrections.get(s, ()), cache, task, decode), copies)
        )
    segments, dropped = [], Counter()
    for recording in recordings:
        kept, left_out = cut(recording.recording_id, recording.intervals, task)
        segments += kept
        dropped += left_out
        issues += [*recording.issues, *_labels_without_segment(recording, kept, task)]
    issues += _foreign_names(recordings, task)
    inputs = {path: sha256 for path, sha256 in hashes.items() if sha256}
    return _tables(recordings, segments, dropped, issues, inputs, task)


def require_learnable(ingested: Ingested, task: Task) -> None:
    """Stop with an error message where the data is not sufficient for training.

    Raises
    ------
    UserError
        When fewer than two recordings have a label, or a class of the task has no segment at all.
    """
    labelled, clips = ingested.segments.dropna(subset=["label"]), task.background is None
    recordings = labelled["recording_id"].nunique()
    if recordings < 2:
        found = "No recording" if recordings == 0 else "Only one recording"
        add = "clips, in a folder per class" if clips else "videos, and label them in timestamp.csv or by their names"
        raise UserError(
            f"{found} with labelled sound was found; training and evaluation need different recordings: add {add}."
        )
    missing = [label for label in task.labels if label not in set(labelled["label"])]
    if missing:
        add = f"video with {task.front_end.segment_s:g} s or more of it, labelled in timestamp.csv or by its name"
        if clips:
            add = "clip of it, in a folder of that name or with a row of labels.csv"
        raise UserError(
            f"No segment at all for {', '.join(missing)}: add at least one {add}. The ingest report lists what was "
            "left out."
        )


def count_rows(segments: pd.DataFrame, dropped: Mapping[str, int], report: pd.DataFrame, task: Task) -> dict[str, Any]:
    """The part of `Ingested.counts` on segments and the report; `dropped` is reason -> segments left out."""
    return {
        "segments": {label: int((segments["label"] == label).sum()) for label in task.labels},
        "unlabelled_segments": int(segments["label"].isna().sum()),
        "dropped_segments": dict(dropped),
        "report": report["severity"].value_counts().to_dict(),
    }


def load_audio(step: Step, recording_id: str) -> np.ndarray:
    """A recording's sound, (N,) float32 mono at the task's rate, memory-mapped."""
    return step.array(f"audio/{recording_id}")


def segment_audio(step: Step, row: Any, task: WithFrontEnd) -> np.ndarray:
    """One segment's samples, exactly `task.front_end.segment_samples` of them (`audio.fit.filled`).

    Parameters
    ----------
    row : anything with `recording_id` and `start_s`: a row of segments, as a Series or a tuple of `itertuples`.
    """
    rate, length = task.front_end.sample_rate_hz, task.front_end.segment_samples
    first = round(row.start_s * rate)
    return filled(load_audio(step, row.recording_id)[first : first + length], task.front_end)


def audio_before(step: Step, row: Any, task: WithFrontEnd) -> np.ndarray:
    """What is heard immediately before a segment, as a scan knows it: at most `audio.segments.CONTEXT_S`, (N,).

    Parameters
    ----------
    row : as in `segment_audio`.
    """
    rate = task.front_end.sample_rate_hz
    first = round(row.start_s * rate)
    return np.asarray(load_audio(step, row.recording_id)[max(0, first - round(CONTEXT_S * rate)) : first])


def _read_tables(
    raw: Path, media: Mapping[str, Path], task: Task
) -> tuple[dict[str, list[TimedRow]], list[IngestIssue]]:
    rows: dict[str, list[TimedRow]] = {}
    issues: list[IngestIssue] = []
    for table in find_tables(raw):
        read = read_clip_table if table.name.lower() in clip_tables.TABLE_NAMES else read_timestamps
        found_rows, found = read(table.read_bytes(), shown_path(table, raw), media, task)
        issues += found
        for path, of_video in found_rows.items():
            rows.setdefault(path, []).extend(of_video)
    for track, video in find_label_tracks(media.values()).items():
        path = shown_path(video, raw)
        of_track, found = read_label_track(track.read_bytes(), shown_path(track, raw), path, task)
        issues += found
        rows.setdefault(path, []).extend(of_track)
    return rows, issues


def _hash(path: Path) -> str | None:
    try:
        return sha256_file(path)
    except OSError:
        return None


def _labels_without_segment(recording: Recording, kept: Sequence[dict], task: Task) -> list[IngestIssue]:
    """Issues for labels given to a recording that none of its segments has, which would otherwise be lost unnoticed."""
    if not is_long_enough(recording.duration_s, task):
        return []
    held_s = Counter()
    for span in recording.intervals:
        if span.label and span.origin != "outside":
            held_s[span.label] += span.end_s - span.start_s
    lost = sorted(set(held_s) - {row["label"] for row in kept})
    action = "not used for training; a longer interval would be"
    return [
        IngestIssue(recording.path, "", f"{label} ({held_s[label]:.2f} s) fills no segment", action, "note")
        for label in lost
    ]


def _foreign_names(recordings: Sequence[Recording], task: Task) -> list[IngestIssue]:
    """Issues of classes that hold files named as another's, where one label has the whole of each recording."""
    labels = {}
    for recording in recordings:
        given = {span.label for span in recording.intervals}
        if len(given) == 1 and None not in given:
            labels[recording.path] = str(given.pop())
    return foreign_names(labels, task)


def _tables(
    recordings: Sequence[Recording],
    segments: Sequence[dict],
    dropped: Counter,
    issues: Sequence[IngestIssue],
    inputs: dict[str, str],
    task: Task,
) -> Ingested:
    spans = [(r.recording_id, *span) for r in recordings for span in r.intervals if span.label]
    intervals = pd.DataFrame(spans, columns=["recording_id", *Interval._fields])
    segments = pd.DataFrame(segments, columns=SEGMENT_COLUMNS).astype({"group_id": "str", "label": "str"})
    rows = [{name: getattr(r, name, None) for name in RECORDING_COLUMNS} for r in recordings]
    louder_db = {r.recording_id: r.louder_db for r in recordings}
    recordings = pd.DataFrame(rows, columns=RECORDING_COLUMNS).astype({"group_id": "str"})
    report = report_table(issues)
    length_s = (intervals["end_s"] - intervals["start_s"]).groupby(intervals["origin"]).sum()
    counts = {
        "recordings": recordings["status"].value_counts().to_dict(),
        "hours": float(recordings["duration_s"].sum() / 3600),
        "labelled_hours_by_origin": (length_s / 3600).to_dict(),
        **count_rows(segments, dict(sorted(dropped.items())), report, task),
    }
    return Ingested(recordings, intervals, segments, report, counts, inputs, louder_db)
