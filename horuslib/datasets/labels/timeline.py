"""A recording's timeline: one label at any time, from corrections, `timestamp.csv` and file names.

There are three sources of labels, in order of precedence: the analyst's corrections, `timestamp.csv`, the folder's or
file's name.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations, groupby
from typing import NamedTuple

import portion

from horuslib.datasets.corrections import Correction
from horuslib.datasets.ingest_issues import IngestIssue
from horuslib.datasets.labels.label_tables import DAY_S, LATEST_SERIAL
from horuslib.datasets.labels.names import label_of_path
from horuslib.datasets.labels.timestamps import LEFT_OUT, TimedRow
from horuslib.tasks import Task

END_TOLERANCE_S = 0.1
"""A row may end this much after the sound without a warning: labels are rounded, and codecs pad."""
_BEGINNING_SHARE = 0.01
"""Of a recording: a row that ends within it, and within LATEST_SERIAL seconds, cannot be meant in seconds."""
_ROUNDED = 1.1
"""Coarse fractions of a day may end this much after the recording."""


class Interval(NamedTuple):
    """An interval of a recording with one label, or unlabelled for a reason."""

    start_s: float
    end_s: float
    label: str | None
    origin: str
    """Source of the label: correction, timestamp.csv, name, outside. Unlabelled, the reason: guard, quarantined..."""


def timeline(
    path: str,
    duration_s: float,
    rows: Sequence[TimedRow],
    corrections: Sequence[Correction],
    task: Task,
) -> tuple[list[Interval], list[IngestIssue]]:
    """Labels of a recording as contiguous intervals that cover all of it.

    A video with rows is normal outside them, beyond `task.ingest.guard_s`, unless the times of one of its rows are
    unusable, past its end, or rather fractions of a day than seconds. A name labels the whole of a video without rows.
    Labels of `task.ignore` become unlabelled intervals.

    Parameters
    ----------
    path : posix path relative to the folder of videos.
    rows : the video's rows of timestamp.csv, unusable ones included.
    corrections : the analyst's, oldest first.
    """
    rows, issues = _without_fractions(path, duration_s, rows)
    if rows:
        timed = all(row.start_s is not None and row.start_s < duration_s for row in rows)
        whole = (
            (task.background, "outside")
            if timed and task.background
            else (None, "outside" if timed else "beside an unusable row")
        )
    else:
        label, where = label_of_path(path, task)
        whole = _label_and_origin(label, "name", task) if label else (None, "unlabelled")
        if where and not label:
            problem = f"the name {where!r} has more than one class"
            action = "kept unlabelled; list it in timestamp.csv"
            issues.append(IngestIssue(path, "", problem, action, "warning"))
    labels = portion.IntervalDict({portion.closedopen(0.0, duration_s): whole})

    def assign(spans: Iterable[tuple[float, float]], label: tuple[str | None, str]) -> None:
        inside = (portion.closedopen(max(0.0, start_s), min(duration_s, end_s)) for start_s, end_s in spans)
        labels[portion.Interval(*inside)] = label

    usable, past_end = _inside(path, duration_s, rows)
    issues += past_end
    guard_s, faults = task.ingest.guard_s, [row for row in usable if row.label != task.background]
    assign(((row.start_s - guard_s, row.end_s + guard_s) for row in faults), (None, "guard"))
    for name in dict.fromkeys(row.label for row in usable):
        known = _label_and_origin(name, "timestamp.csv", task) if name else (None, "unknown class")
        assign(((row.start_s, row.end_s) for row in usable if row.label == name), known)
    overlaps = []
    for a, b in combinations(usable, 2):
        start_s, end_s = max(a.start_s, b.start_s), min(a.end_s, b.end_s)
        if a.label != b.label and start_s < end_s:
            overlaps.append((start_s, end_s))
            problem = f"{a.label} and {b.label} overlap ({start_s:.2f}-{end_s:.2f} s; {a.where})"
            action = "the overlap is left out; correct the intervals, one class at a time"
            issues.append(IngestIssue(path, b.where, problem, action, "warning"))
    assign(overlaps, (None, "two classes"))
    for label, alike in groupby(corrections, key=lambda c: c.label):
        corrected = _label_and_origin(label, "correction", task) if label else (None, "quarantined")
        assign(((c.start_s, c.end_s) for c in alike), corrected)
    pieces = [
        (piece.lower, piece.upper, *label) for spans, label in labels.items() for piece in spans if not piece.empty
    ]
    return [Interval(*piece) for piece in sorted(pieces, key=lambda piece: piece[0])], issues


def _without_fractions(
    path: str, duration_s: float, rows: Sequence[TimedRow]
) -> tuple[list[TimedRow], list[IngestIssue]]:
    """The rows, those whose times may be fractions of a day (too coarse to be recognised) without their times."""
    beginning_s = min(LATEST_SERIAL, _BEGINNING_SHARE * duration_s)
    ambiguous_s = max(beginning_s, _ROUNDED * duration_s / DAY_S)
    kept, issues = [], []
    for row in rows:
        if row.end_s is not None and row.end_s < ambiguous_s:
            problem = (
                f"ends {row.end_s:.4g} s after the start of a video of {duration_s:.0f} s, which cannot be told from "
                "fractions of a day, as Excel keeps times: format the cells as text"
            )
            issues.append(IngestIssue(path, row.where, problem, LEFT_OUT, "error"))
            row = row._replace(start_s=None, end_s=None)
        kept.append(row)
    return kept, issues


def _inside(path: str, duration_s: float, rows: Sequence[TimedRow]) -> tuple[list[TimedRow], list[IngestIssue]]:
    """Rows with usable times that overlap the recording, cut at its end."""
    usable, issues = [], []
    for row in rows:
        if row.start_s is None:
            continue
        if row.start_s >= duration_s:
            problem = f"starts at {row.start_s:.2f} s, past the end ({duration_s:.2f} s)"
            issues.append(IngestIssue(path, row.where, problem, LEFT_OUT, "warning"))
            continue
        if END_TOLERANCE_S < row.end_s - duration_s < float("inf"):
            problem = f"ends at {row.end_s:.2f} s, past the end ({duration_s:.2f} s)"
            issues.append(IngestIssue(path, row.where, problem, "cut to the end; correct the row", "warning"))
        usable.append(row)
    return usable, issues


def _label_and_origin(label: str, origin: str, task: Task) -> tuple[str | None, str]:
    return (label, origin) if label in task.labels else (None, f"{label} is not a class of {task.name}")
