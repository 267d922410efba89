"""Reads `labels.csv` with columns `path,label`: one row per clip, the whole of which has one label."""

import csv
import io
from collections.abc import Iterable
from pathlib import PurePosixPath

from horuslib.datasets.ingest_issues import IngestIssue
from horuslib.datasets.labels.names import fold_text
from horuslib.datasets.labels.timestamps import TimedRow
from horuslib.tasks import Task

TABLE_NAMES = ("labels.csv",)
COLUMNS = ("path", "label")


def read_clip_table(
    content: bytes, table: str, media: Iterable[str], task: Task
) -> tuple[dict[str, list[TimedRow]], list[IngestIssue]]:
    """One row per clip, from its beginning to its end, and an issue for each unusable row.

    Parameters
    ----------
    content : the bytes of the table, UTF-8.
    table : its posix path relative to the folder; its paths are relative to the table's own folder.
    media : posix paths of the clips, relative to the folder.
    """
    reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig", "replace"), newline=""))
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        action = f"table ignored; name its columns {','.join(COLUMNS)}"
        return {}, [IngestIssue(table, "line 1", f"no column {', '.join(missing)}", action, "error")]
    known, folder = set(media), PurePosixPath(table).parent
    rows: dict[str, list[TimedRow]] = {}
    issues = []
    for row in reader:
        where = f"{table}, line {reader.line_num}"
        path, label = (str(row[name] or "").strip() for name in COLUMNS)
        clip = (folder / path.replace("\\", "/")).as_posix()
        if clip not in known:
            issues.append(IngestIssue(path or table, where, "no such clip", "row left out; correct the path", "error"))
            continue
        resolved = task.resolve(fold_text(label))
        if resolved is None:
            action = f"clip left out; use one of {', '.join(task.labels)}"
            issues.append(IngestIssue(clip, where, f"unknown class {label!r}", action, "error"))
        rows.setdefault(clip, []).append(TimedRow(where, 0.0, float("inf"), resolved))
    return rows, issues
