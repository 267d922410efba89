"""Label tracks of Audacity: `NAME.txt` beside the video NAME, with start, end and class of an interval on each line."""

import re
from collections.abc import Iterable
from pathlib import Path

from horuslib.datasets.ingest_issues import IngestIssue
from horuslib.datasets.labels.label_tables import decode
from horuslib.datasets.labels.timestamps import TimedRow, timed_row
from horuslib.tasks import Task

SUFFIX = ".txt"
_LINE = re.compile(r"\s*(\d+[.,]\d+)\t(\d+[.,]\d+)\t(.*)")
_FREQUENCIES = "\\"
"""Begins a line with the frequencies of the label above it."""


def find_label_tracks(media: Iterable[Path]) -> dict[Path, Path]:
    """The label tracks beside videos: the text file -> its video, of several of one name the first."""
    found: dict[Path, Path] = {}
    for path in media:
        track = path.with_suffix(SUFFIX)
        if track.is_file() and is_label_track(track):
            found.setdefault(track, path)
    return found


def is_label_track(path: Path) -> bool:
    """Whether a text file begins as Audacity writes label tracks; any other text is none of ours."""
    try:
        with open(path, "rb") as file:
            begin = file.read(1000)
    except OSError:
        return False
    return bool(_LINE.match(decode(begin, path.name)[0]))


def read_label_track(content: bytes, track: str, video: str, task: Task) -> tuple[list[TimedRow], list[IngestIssue]]:
    """The rows of a video's label track, and an issue for each unusable line.

    Parameters
    ----------
    track, video : posix paths relative to the folder of videos.
    """
    text, issues = decode(content, track)
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith(_FREQUENCIES):
            continue
        start, end, label = (*line.split("\t", 2), "", "")[:3]
        values = {"t_start": start, "t_end": end, "class": label.strip()}
        row, found = timed_row(f"{track}, line {number}", video, values, task)
        rows.append(row)
        issues += found
    return rows, issues
