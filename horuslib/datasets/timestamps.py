"""Reads `timestamp.csv` as written by Horus and edited by people.

Columns `video_filename,t_start,t_end,class`, one row per interval; the file name has no suffix (one is tolerated).
Times are `HH:MM:SS`, `MM:SS` or seconds, with decimals after a point or a comma. Separators, encodings and headers vary
in practice.
"""

import csv
import io
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import NamedTuple

from horuslib.audio.media import MEDIA_SUFFIXES
from horuslib.datasets.ingest_issues import IngestIssue
from horuslib.datasets.names import fold_text
from horuslib.tasks import Task

TABLE_NAMES = ("timestamp.csv", "timestamps.csv")
COLUMNS = ("video_filename", "t_start", "t_end", "class")
_HEADERS = {
    "video_filename": "video_filename video file file_name video_name arquivo nome nome_do_arquivo",
    "t_start": "t_start tstart start start_s start_time inicio t_inicio tempo_inicio",
    "t_end": "t_end tend end end_s end_time fim t_fim tempo_fim",
    "class": "class classe label rotulo tipo type",
}
_COLUMN_OF = {spelling: column for column, spellings in _HEADERS.items() for spelling in spellings.split()}


class TimedRow(NamedTuple):
    """One row of a video of the folder."""

    where: str
    start_s: float | None
    """None, as `end_s`, when the row's times are unusable."""
    end_s: float | None
    label: str | None
    """None when the class is unknown."""


def parse_time(text: str) -> float:
    """Seconds of `HH:MM:SS(.ff)`, `MM:SS(.ff)` or seconds; a comma may stand for the point.

    Raises
    ------
    ValueError
        When the text is not a time, or minutes or seconds reach 60 beside a larger unit.

    Example
    -------
    >>> parse_time("00:01:02,5")
    62.5
    """
    found = re.fullmatch(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d*)?|[.,]\d+)", text.strip(), flags=re.ASCII)
    if not found:
        raise ValueError(f"{text!r} is not a time")
    hours, minutes, seconds = found.groups()
    value_s = float(seconds.replace(",", "."))
    if (minutes is not None and value_s >= 60) or (hours is not None and int(minutes) >= 60):
        raise ValueError(f"{text!r} has 60 or more minutes or seconds")
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + value_s


def read_timestamps(
    content: bytes, table: str, media: Iterable[str], task: Task
) -> tuple[dict[str, list[TimedRow]], list[IngestIssue]]:
    """Rows per video, and an issue for each unusable row.

    Parameters
    ----------
    content : the bytes of the table.
    table : its posix path relative to the folder of videos; its rows name videos in the table's own folder.
    media : posix paths of the videos, relative to the folder of videos.

    Returns
    -------
    rows : path of a video -> its rows, in the order of the table. A row whose times or class are unusable is included,
        with None, because the sound that it labels cannot count as normal.
    issues : problems of the table and its rows.
    """
    text, issues = _decode(content, table)
    lines = _lines(text)
    if not lines:
        return {}, [*issues, IngestIssue(table, "", "the table is empty", "ignored; fill it or remove it", "warning")]
    columns, body = _columns(lines)
    missing = [name for name in COLUMNS if name not in columns]
    if missing:
        problem = f"no column {', '.join(missing)} among {', '.join(lines[0][1])}"
        issues.append(
            IngestIssue(table, "line 1", problem, f"table ignored; name its columns {','.join(COLUMNS)}", "error")
        )
        return {}, issues
    index, rows, seen = _index(media, PurePosixPath(table).parent), defaultdict(list), {}
    for line, cells in body:
        where = f"{table}, line {line}"
        values = {name: cells[at].strip() if at < len(cells) else "" for name, at in columns.items()}
        path, problem, action = _find_video(values["video_filename"], index)
        if path is None:
            issues.append(IngestIssue(values["video_filename"] or table, where, problem, action, "error"))
            continue
        too_many = len(cells) > len(lines[0][1]) and any(cell.strip() for cell in cells[len(lines[0][1]) :])
        row, found = _row(where, path, values, too_many, task)
        issues += found
        key = (path, *row[1:])
        if row.start_s is not None and key in seen:
            issues.append(IngestIssue(path, where, f"repeats {seen[key]}", "counted once; remove one", "note"))
            continue
        seen[key] = where
        rows[path].append(row)
    return dict(rows), issues


def _row(
    where: str, path: str, values: dict[str, str], too_many_cells: bool, task: Task
) -> tuple[TimedRow, list[IngestIssue]]:
    lost = "interval left out, and none of this video's other sound counts as normal; correct the row"
    if too_many_cells:
        problem = "more cells than columns: a decimal comma needs quotes, or ';' between columns"
        return TimedRow(where, None, None, None), [IngestIssue(path, where, problem, lost, "error")]
    issues = []
    start_s = end_s = None
    try:
        start_s, end_s = parse_time(values["t_start"]), parse_time(values["t_end"])
        if end_s <= start_s:
            problem = f"ends at {values['t_end']!r}, not after its start {values['t_start']!r}"
            issues.append(IngestIssue(path, where, problem, lost, "error"))
            start_s = end_s = None
    except ValueError as e:
        issues.append(IngestIssue(path, where, str(e), f"{lost} (HH:MM:SS.ff, MM:SS or seconds)", "error"))
    label = task.resolve(fold_text(values["class"]))
    if label is None:
        known = ", ".join(task.labels)
        problem = f"unknown class {values['class']!r}"
        issues.append(IngestIssue(path, where, problem, f"interval left out; use one of {known}", "error"))
    return TimedRow(where, start_s, end_s, label), issues


def _decode(content: bytes, table: str) -> tuple[str, list[IngestIssue]]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace"), []
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        note = IngestIssue(table, "", "not UTF-8", "read as Latin-1; save it as UTF-8 if names look wrong", "note")
        return content.decode("cp1252" if not set(content) & set(b"\x81\x8d\x8f\x90\x9d") else "latin-1"), [note]


def _lines(text: str) -> list[tuple[int, list[str]]]:
    """(line number, cells) of every line that is not blank; the separator is the header's most frequent."""
    text = text.replace("\0", "")
    header = text.lstrip().split("\n", 1)[0]
    separator = max(",;\t|", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    return [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]


def _columns(lines: list[tuple[int, list[str]]]) -> tuple[dict[str, int], list[tuple[int, list[str]]]]:
    """Position of each column, and the rows below the header; a table without a header has Horus's order."""
    first = lines[0][1]
    try:
        parse_time(first[1]), parse_time(first[2])
        return {name: at for at, name in enumerate(COLUMNS)}, lines
    except (ValueError, IndexError):
        columns = {}
        for at, cell in enumerate(first):
            name = _COLUMN_OF.get(re.sub(r"[\s-]+", "_", fold_text(cell)))
            if name:
                columns.setdefault(name, at)
        return columns, lines[1:]


def _index(media: Iterable[str], folder: PurePosixPath) -> dict[str, set[str]]:
    """Every name that a row may use for a video of the table's folder -> the videos of that name."""
    index = defaultdict(set)
    for path in media:
        pure = PurePosixPath(path)
        if pure.is_relative_to(folder):
            inside = pure.relative_to(folder)
            for name in (inside.as_posix(), inside.with_suffix("").as_posix(), pure.name, pure.stem):
                index[_key(name)].add(path)
    return index


def _find_video(name: str, index: dict[str, set[str]]) -> tuple[str | None, str, str]:
    """The video named by a row, or None with the problem and the remedy."""
    if not name:
        return None, "no video_filename", "row left out; name its video"
    plain = name.replace("\\", "/")
    parts = PurePosixPath(plain).parts
    if plain.startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", plain):
        return None, "points outside the folder", "refused; name a video beside the table"
    key = _key("/".join(parts))
    suffix = PurePosixPath(key).suffix
    found = index.get(key) or (index.get(key.removesuffix(suffix)) if suffix in MEDIA_SUFFIXES else None) or set()
    exact = {path for path in found if path == plain or PurePosixPath(path).with_suffix("").as_posix() == plain}
    found = exact or found
    if len(found) == 1:
        return next(iter(found)), "", ""
    if found:
        return None, f"names {len(found)} videos: {', '.join(sorted(found))}", "row left out; write the path and suffix"
    return None, "no such video in the folder", "row left out; add the video or correct the name"


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
