"""Sound that a user's own test folder shares with the training data: reported by file, and left out of training."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from horuslib.audio.media import MediaError, read_audio
from horuslib.core.artifacts import sha256_file
from horuslib.core.errors import UserError
from horuslib.core.walk import LeftOut
from horuslib.datasets import groups
from horuslib.datasets.dataset import Ingested, count_rows
from horuslib.datasets.ingest_issues import IngestIssue, report_table
from horuslib.datasets.source_names import sources
from horuslib.datasets.sources import find_media, left_out_issues, shown_path
from horuslib.tasks import Task

COLUMNS = ["recording_id", "path", "test_file", "shared"]
LEFT_OUT = "in the test set"


def without_test_sound(
    ingested: Ingested, audio: Mapping[str, np.ndarray], test: Path | None, task: Task
) -> tuple[Ingested, pd.DataFrame]:
    """The ingested tables without the segments of recordings that share sound with the test folder, and those.

    Parameters
    ----------
    test : None changes nothing.

    Returns
    -------
    ingested : with the issues of `shared_with_test` in its report.
    shared : `COLUMNS`.
    """
    if test is None:
        return ingested, pd.DataFrame(columns=COLUMNS)
    shared, issues = shared_with_test(ingested.recordings, audio, test, task)
    kept = ~ingested.segments["recording_id"].isin(shared["recording_id"])
    segments = ingested.segments[kept].reset_index(drop=True)
    intervals = ingested.intervals[~ingested.intervals["recording_id"].isin(shared["recording_id"])]
    report = report_table([*(IngestIssue(*row) for row in ingested.report.itertuples(index=False)), *issues])
    dropped = ingested.counts["dropped_segments"] | ({LEFT_OUT: int((~kept).sum())} if not kept.all() else {})
    counts = ingested.counts | count_rows(segments, dropped, report, task)
    intervals = intervals.reset_index(drop=True)
    return replace(ingested, segments=segments, intervals=intervals, report=report, counts=counts), shared


def shared_with_test(
    recordings: pd.DataFrame, audio: Mapping[str, np.ndarray], test: Path, task: Task
) -> tuple[pd.DataFrame, list[IngestIssue]]:
    """Which recordings share their content, sound or source with a file of the test folder.

    Parameters
    ----------
    recordings : recording_id, path, sha256.
    audio : recording_id -> (N,) mono at the task's rate.
    test : the folder; nothing is written there.

    Returns
    -------
    shared : one row per recording and test file, `COLUMNS`; `shared` is content, sound or source.
    issues : one warning per row, and one for each test file that cannot be read.

    Raises
    ------
    UserError
        When the folder holds no sound.
    """
    unread = LeftOut()
    files = {shown_path(path, test): path for path in find_media(test, unread)}
    if not files:
        raise UserError(f"{test} holds no video or sound file: name the folder of the test set with TEST=.")
    issues, sound = [issue._replace(where="test set") for issue in left_out_issues(unread, test)], dict(audio)
    for name, path in files.items():
        try:
            sound[f"test:{name}"] = read_audio(path, task.front_end.sample_rate_hz).samples
        except (MediaError, OSError) as e:
            issues.append(IngestIssue(name, "test set", str(e), "not compared with the training data", "warning"))
    found: dict[tuple[str, str], str] = {}
    by_hash = recordings.set_index("sha256").recording_id
    for name, path in files.items():
        if (sha256 := sha256_file(path)) in by_hash.index:
            found[by_hash[sha256], name] = "content"
    _, pairs = groups.group_recordings(sound, task.front_end.sample_rate_hz)
    for a, b in pairs[["a", "b"]].itertuples(index=False):
        if a.startswith("test:") != b.startswith("test:"):
            ours, theirs = (b, a) if a.startswith("test:") else (a, b)
            found.setdefault((ours, theirs.removeprefix("test:")), "sound")
    for key in _same_source(recordings, list(files), task):
        found.setdefault(key, "source")
    paths = recordings.set_index("recording_id").path
    rows = [(recording, paths[recording], name, shared) for (recording, name), shared in found.items()]
    table = pd.DataFrame(rows, columns=COLUMNS).sort_values(["path", "test_file"], ignore_index=True)
    left_out = "left out of training; remove one of the two, or the test proves nothing"
    for row in table.itertuples():
        problem = f"the same {row.shared} as {row.test_file} of the test set"
        issues.append(IngestIssue(row.path, "test set", problem, left_out, "warning"))
    return table, issues


def _same_source(recordings: pd.DataFrame, test_files: list[str], task: Task) -> list[tuple[str, str]]:
    """Pairs of one source that is a number: any other name may mean something else in another folder."""
    ours = recordings.set_index("recording_id").path.to_dict()
    source_of = sources(ours | {f"test:{name}": name for name in test_files}, {}, task)
    theirs: dict[str, list[str]] = {}
    for key, source in source_of.items():
        if key.startswith("test:") and source.isdigit():
            theirs.setdefault(source, []).append(key.removeprefix("test:"))
    return [(r, name) for r in ours if r in source_of for name in theirs.get(source_of[r], [])]
