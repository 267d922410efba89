"""Reads `timestamp.csv` as written by Horus and edited by people.

Columns `video_filename,t_start,t_end,class`, one row per interval; the file name has no suffix (one is tolerated), and
`duration` may stand for `t_end`. Times are `HH:MM:SS`, `MM:SS` or seconds, with decimals after a point or a comma, or
Excel's fractions of a day. Separators, encodings, titles and headers vary in practice (`label_tables`).
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from horuslib.audio.media import MEDIA_SUFFIXES
from horuslib.datasets.ingest_issues import IngestIssue
from horuslib.datasets.labels.label_tables import (
    SHORTEST_S,
    LabelTable,
    decode,
    is_serial,
    parse_time,
    read_table,
    serial_s,
)
from horuslib.datasets.labels.names import fold_text
from horuslib.tasks import Task

TABLE_NAMES = ("timestamp.csv", "timestamps.csv")
COLUMNS = ("video_filename", "t_start", "t_end", "class")
LEFT_OUT = "interval left out, and none of this video's other sound counts as normal; correct the row"
"""What becomes of a row whose times are unusable."""
_HEADERS = {
    "video_filename": "video_filename video file file_name video_name arquivo nome nome_do_arquivo",
    "t_start": "t_start tstart start start_s start_time inicio t_inicio tempo_inicio",
    "t_end": "t_end tend end end_s end_time fim t_fim tempo_fim",
    "class": "class classe label rotulo tipo type",
    "duration": "duration duration_s dur length length_s duracao duracao_s t_duration tempo_duracao",
}
_TIMES = ("t_start", "t_end", "duration")
_WITH_DURATION = frozenset({"video_filename", "t_start", "duration", "class"})
_COLUMN_OF = {spelling: column for column, spellings in _HEADERS.items() for spelling in spellings.split()}


class TimedRow(NamedTuple):
    """One row of a video of the folder."""

    where: str
    start_s: float | None
    """None, as `end_s`, when the row's times are unusable."""
    end_s: float | None
    label: str | None
    """None when the class is unknown."""


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
    text, issues = decode(content, table)
    found = read_table(text, _COLUMN_OF, (frozenset(COLUMNS), _WITH_DURATION))
    if found is None:
        return {}, [*issues, IngestIssue(table, "", "the table is empty", "ignored; fill it or remove it", "warning")]
    columns, body = found.columns, found.body
    if not columns.keys() & {"t_start", "t_end"} and _is_row(found.header):
        columns, body = {name: at for at, name in enumerate(COLUMNS)}, ((found.line, list(found.header)), *body)
    missing = _missing(columns)
    if missing:
        return {}, [*issues, _no_header(table, found, missing)]
    index, rows, seen = _index(media, PurePosixPath(table).parent), defaultdict(list), {}
    cells_of = [(line, {name: _cell(cells, at) for name, at in columns.items()}, cells) for line, cells in body]
    times = [values[name] for _, values, _ in cells_of for name in _TIMES if name in values]
    serial = is_serial(times)
    if serial:
        issues.append(_read_as_serial(table, times))
    for line, values, cells in cells_of:
        where = f"{table}, line {line}"
        path, problem, action = _find_video(values["video_filename"], index)
        if path is None:
            issues.append(IngestIssue(values["video_filename"] or table, where, problem, action, "error"))
            continue
        too_many = len(cells) > len(found.header) and any(cell.strip() for cell in cells[len(found.header) :])
        row, problems = timed_row(where, path, values, task, too_many_cells=too_many, serial=serial)
        issues += problems
        key = (path, *row[1:])
        if row.start_s is not None and key in seen:
            issues.append(IngestIssue(path, where, f"repeats {seen[key]}", "counted once; remove one", "note"))
            continue
        seen[key] = where
        rows[path].append(row)
    return dict(rows), issues


def timed_row(
    where: str, path: str, values: Mapping[str, str], task: Task, *, too_many_cells: bool = False, serial: bool = False
) -> tuple[TimedRow, list[IngestIssue]]:
    """A row of a video from its cells (`t_start`, `t_end` or `duration`, `class`), and what is wrong with it."""
    if too_many_cells:
        problem = "more cells than columns: a decimal comma needs quotes, or ';' between columns"
        return TimedRow(where, None, None, None), [IngestIssue(path, where, problem, LEFT_OUT, "error")]
    issues = []
    start_s = end_s = None
    try:
        start_s, end_s = _span(values, serial)
    except ValueError as e:
        hint = "" if isinstance(e, _Meaningless) else " (HH:MM:SS.ff, MM:SS or seconds)"
        issues.append(IngestIssue(path, where, str(e), f"{LEFT_OUT}{hint}", "error"))
    label = task.resolve(fold_text(values["class"]))
    if label is None:
        known = ", ".join(task.labels)
        problem = f"unknown class {values['class']!r}"
        issues.append(IngestIssue(path, where, problem, f"interval left out; use one of {known}", "error"))
    return TimedRow(where, start_s, end_s, label), issues


class _Meaningless(ValueError):
    """Times that are well written and cannot be meant."""


def _span(values: Mapping[str, str], serial: bool) -> tuple[float, float]:
    """Start and end (s) of a row; raises ValueError when they cannot be meant."""
    seconds = serial_s if serial else parse_time
    start_s = seconds(values["t_start"])
    if values.get("t_end") or "duration" not in values:
        end_s, stated = seconds(values["t_end"]), f"ends at {values['t_end']!r}"
    else:
        end_s, stated = start_s + seconds(values["duration"]), f"lasts {values['duration']!r}"
    if end_s <= start_s:
        raise _Meaningless(f"{stated}, not after its start {values['t_start']!r}")
    if end_s - start_s < SHORTEST_S:
        raise _Meaningless(
            f"lasts {1000 * (end_s - start_s):.2g} ms ({values['t_start']} to {values.get('t_end', end_s)}), which "
            "cannot be meant: are these fractions of a day, as Excel keeps times? Format the cells as text"
        )
    return start_s, end_s


def _cell(cells: list[str], at: int) -> str:
    return cells[at].strip() if at < len(cells) else ""


def _is_row(cells: Sequence[str]) -> bool:
    """Whether the first line has Horus's order and no header: its second and third cell are times."""
    try:
        serial_s(cells[1]), serial_s(cells[2])
    except (ValueError, IndexError):
        return False
    return len(cells) > 3


def _missing(columns: Mapping[str, int]) -> list[str]:
    """The columns without which rows cannot be read; a duration stands for the end."""
    return [name for name in COLUMNS if name not in columns and not (name == "t_end" and "duration" in columns)]


def _no_header(table: str, found: LabelTable, missing: list[str]) -> IngestIssue:
    line = f"line {found.line}"
    try:
        serial_s(found.header[0]), serial_s(found.header[1])
        problem = "times and classes without names of videos, as in a label track of Audacity"
        action = "table ignored; save it as NAME.txt beside its video NAME, or add a column video_filename"
    except (ValueError, IndexError):
        problem = f"no column {', '.join(missing)} among {', '.join(found.header)}"
        action = f"table ignored; name its columns {','.join(COLUMNS)}"
    return IngestIssue(table, line, problem, action, "error")


def _read_as_serial(table: str, times: Sequence[str]) -> IngestIssue:
    shown = max(times, key=len)
    problem = "times are fractions of a day, as Excel keeps them"
    return IngestIssue(
        table, "", problem, f"read so ({shown} is {serial_s(shown):.1f} s); check one of them", "warning"
    )


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
