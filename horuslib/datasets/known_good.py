"""Known-good programme: hours of whole recordings presumed normal, without labels. They are listed, never copied.

A subfolder of the archive is a source: a channel, a programme, a house. Sources are spread over the folds, so that each
is evaluated by a model that never learnt from it; what shares sound with a labelled video stands on that video's side.
"""

import csv
import io
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from horuslib.audio.decoder import streaming_pool
from horuslib.audio.media import MediaError
from horuslib.audio.tracks import Note
from horuslib.core import recorder
from horuslib.core.artifacts import sha256_file
from horuslib.core.progress import Pace, Progress
from horuslib.core.walk import LeftOut
from horuslib.datasets.corrections import Correction
from horuslib.datasets.ingest_issues import IngestIssue
from horuslib.datasets.sources import find_media, left_out_issues, shown_path
from horuslib.tasks import Task

COLUMNS = ["recording_id", "path", "sha256", "source", "group_id", "fold", "split", "duration_s", "status", "message"]
SPANS = ["recording_id", "start_s", "end_s", "label", "entry"]
"""What a person said of spans of the archive; `label` is empty where a span is quarantined."""
KINDS_TABLE = "sources.csv"
"""In the archive's folder, if anywhere: the columns source and kind."""
WORKERS = 2
_FULL_SCALE = 32767


@dataclass(frozen=True)
class KnownGood:
    """The archive while its sound is at hand."""

    recordings: pd.DataFrame
    """`COLUMNS`, one row per distinct content; `group_id`, `fold` and `split` are set by `placed`."""
    sound: Mapping[str, np.ndarray]
    """recording_id -> (N,) float32 mono at the task's rate, read from a temporary file when it is asked for."""
    issues: list[IngestIssue]
    cache: Path
    louder_db: Mapping[str, float] = field(default_factory=dict)
    """recording_id -> how much louder the programme is than its mono mix."""

    def close(self) -> None:
        """Remove the decoded sound."""
        shutil.rmtree(self.cache)


def read(folder: Path | None, task: Task, cache: Path) -> KnownGood:
    """List the archive's recordings; their sound is decoded into a folder that `KnownGood.close` removes.

    A file that cannot be read is a row with status `failed`, and an issue; what the search did not take is an issue,
    too. Of identical files the first is kept.

    Parameters
    ----------
    folder : of the archive; None for none.
    cache : folder to create, 115 MB an hour of sound at 16 kHz.
    """
    unread = LeftOut()
    files = {shown_path(path, folder): path for path in find_media(folder, unread)} if folder else {}
    cache.mkdir()
    rows, issues, seen = [], left_out_issues(unread, folder) if folder else [], {}
    with (
        ThreadPoolExecutor(WORKERS) as pool,
        streaming_pool(WORKERS if files else 0) as stream_audio,
        Progress(len(files), "known-good programme read", "recordings") as progress,
    ):
        pace = Pace()
        for row in pool.map(lambda path: _read(path, files[path], cache, task, stream_audio), files):
            progress.update(1, pace.after(row["duration_s"]))
            first = seen.setdefault(row["sha256"] or row["path"], row["path"])
            if first != row["path"]:
                issues.append(
                    IngestIssue(row["path"], "", f"same content as {first}", "counted once; remove one", "note")
                )
                continue
            if row["status"] == "failed":
                issues.append(IngestIssue(row["path"], "", row["message"], "left out of the known good", "error"))
            rows.append(row)
    louder_db = {row["recording_id"]: row["louder_db"] for row in rows if row["status"] == "ok"}
    return KnownGood(pd.DataFrame(rows, columns=COLUMNS), _Decoded(cache, rows), issues, cache, louder_db)


def placed(recordings: pd.DataFrame, group_of: Mapping[str, str], segments: pd.DataFrame, task: Task) -> pd.DataFrame:
    """The archive with its groups, splits and folds.

    Recordings that share a source or sound are placed together: where the labelled sound of their group is, else in
    the fold that has the fewest hours so far.

    Parameters
    ----------
    recordings : of `read`.
    group_of : recording_id -> group_id, of labelled videos and archive together.
    segments : with `group_id`, `split` and `fold` (`splits.assign_splits`).
    """
    known = recordings.assign(group_id=recordings.recording_id.map(group_of).fillna(recordings.recording_id))
    labelled = segments[segments.split != "unlabelled"].drop_duplicates("group_id").set_index("group_id")
    hours = dict.fromkeys(sorted(labelled.fold[labelled.split == "train"].unique()), 0.0)
    places: dict[str, tuple[str, int]] = {}
    unit = _units(known)
    by_size = known.groupby(unit).duration_s.sum().sort_values(ascending=False, kind="stable")
    for name in by_size.index:
        groups = known.group_id[unit == name]
        own = labelled.reindex(groups.unique()).dropna(subset=["split"])
        if len(own):  # on the side of the labelled sound; of several sides the one that is never trained on
            held = own[own.split == "holdout"]
            row = (held if len(held) else own).iloc[0]
            places[name] = (row.split, int(row.fold))
        else:
            places[name] = ("train", int(min(hours, key=lambda fold: hours[fold])))
        if places[name][0] == "train":
            hours[places[name][1]] += by_size[name]
    return known.assign(
        split=[places[name][0] for name in unit], fold=np.array([places[name][1] for name in unit], int)
    )


def fingerprint(recordings: pd.DataFrame) -> dict[str, str]:
    """Path -> sha256 of the archive's recordings."""
    return {f"good/{row.path}": row.sha256 for row in recordings.itertuples() if row.sha256}


def spans_said(recordings: pd.DataFrame, corrections: Mapping[str, Sequence[Correction]]) -> pd.DataFrame:
    """What a person decided about spans of the archive, `SPANS`."""
    rows = [
        (row.recording_id, c.start_s, c.end_s, c.label or "", c.entry)
        for row in recordings.itertuples()
        for c in corrections.get(row.sha256, ())
    ]
    return pd.DataFrame(rows, columns=SPANS)


def source_of(path: str) -> str:
    """The source of a file of the archive: its first folder; a file outside any is a source of its own."""
    return path.split("/")[0]


def kinds_of_sources(folder: Path, sources: Collection[str]) -> tuple[dict[str, str], list[str]]:
    """What kind of programme each source of the archive is (speech, music, mixed, ambience...), by its `sources.csv`.

    A step that asks depends on that table, also on one that is not there yet.

    Returns
    -------
    source -> kind, in small letters, of those that the table names; and a sentence per problem.
    """
    table = folder / KINDS_TABLE
    recorder.record_file(table, sha256_file(table) if table.is_file() else None)
    if not table.is_file():
        return {}, []
    text = table.read_text("utf-8-sig", "replace")
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    rows = csv.DictReader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True)
    if not {"source", "kind"} <= set(rows.fieldnames or ()):
        return {}, [f"{KINDS_TABLE} is not used: its header should name the columns source and kind."]
    named = {(row["source"] or "").strip(): (row["kind"] or "").strip().lower() for row in rows}
    unknown = sorted(source for source in named if source and source not in sources)
    problems = [f"{KINDS_TABLE} names {', '.join(unknown)}, which the archive does not hold."] if unknown else []
    return {source: kind for source, kind in named.items() if kind and source in sources}, problems


def _units(known: pd.DataFrame) -> pd.Series:
    """A name per row that is the same for recordings connected by sources and groups."""
    unit = known.source.copy()
    while True:
        joined = unit.groupby(known.group_id).transform("min").groupby(known.source).transform("min")
        if joined.equals(unit):
            return unit
        unit = joined


def _read(shown: str, path: Path, cache: Path, task: Task, stream_audio: Callable[..., Iterator[np.ndarray]]) -> dict:
    row = dict.fromkeys(COLUMNS, "") | {
        "path": shown, "source": source_of(shown), "fold": -1, "duration_s": 0.0, "status": "failed",
    }  # fmt: skip
    try:
        row["sha256"] = sha256_file(path)
        row["recording_id"] = row["sha256"][:12]
        array, samples = cache / row["recording_id"], 0
        notes: list[Note] = []
        with array.open("wb") as out:
            for block in stream_audio(path, task.front_end.sample_rate_hz, 30.0, notes=notes):
                out.write((np.clip(block, -1, 1) * _FULL_SCALE).astype(np.int16).tobytes())
                samples += len(block)
    except (MediaError, OSError) as e:
        return row | {"message": str(e)}
    louder_db = next((note["louder_db"] for note in notes if isinstance(note, dict) and "louder_db" in note), 0.0)
    return row | {"duration_s": samples / task.front_end.sample_rate_hz, "status": "ok", "louder_db": louder_db}


class _Decoded(Mapping):
    """The decoded recordings, each read when it is asked for."""

    def __init__(self, cache: Path, rows: Sequence[Mapping]):
        self._files = {row["recording_id"]: cache / row["recording_id"] for row in rows if row["status"] == "ok"}

    def __getitem__(self, recording_id: str) -> np.ndarray:
        return np.fromfile(self._files[recording_id], np.int16).astype(np.float32) / _FULL_SCALE

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)
