"""Dialects of tables: encodings, separators, titles above the header, ways to write a time."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from horuslib.datasets.ingest_issues import IngestIssue
from horuslib.datasets.labels.names import fold_text

DAY_S = 86400.0
LATEST_SERIAL = 0.25
"""Of a day: a table whose numbers all lie below is not in seconds, if any is as fine as SERIAL_DECIMALS."""
SERIAL_DECIMALS = 6
"""Excel's fractions of a day: 0.000347 is 30 s. Coarser ones would be seconds off."""
SHORTEST_S = 0.04
"""No shorter interval can be meant: it is less than a picture."""
SEPARATORS = ",;\t|"
_TITLE_LINES = 10
"""A header is looked for in so many lines from the top."""
_CLOCK = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d*)?|[.,]\d+)", re.ASCII)
_UNIT = re.compile(r"_(s|sec|secs|seconds|seg|segundos|hh_mm_ss)$")
"""At the end of a header: `duration (s)`."""
_NUMBER = re.compile(r"\d*[.,]?\d+(?:[eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class LabelTable:
    """The cells of a table under its header."""

    columns: Mapping[str, int]
    """Position of each known column; empty where there is no header."""
    header: tuple[str, ...]
    """The header's cells, or the first line's."""
    line: int
    """Its number."""
    body: tuple[tuple[int, list[str]], ...]
    """(line number, cells) of every row that is not blank."""


def decode(content: bytes, table: str) -> tuple[str, list[IngestIssue]]:
    """The text of a table; a note where it is not UTF-8."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace"), []
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        note = IngestIssue(table, "", "not UTF-8", "read as Latin-1; save it as UTF-8 if names look wrong", "note")
        return content.decode("cp1252" if not set(content) & set(b"\x81\x8d\x8f\x90\x9d") else "latin-1"), [note]


def read_table(text: str, headers: Mapping[str, str], required: Iterable[frozenset[str]]) -> LabelTable | None:
    """A table with the separator under which its header is found; None for an empty one.

    Parameters
    ----------
    headers : spelling -> column, spellings folded (`names.fold_text`) and words joined with `_`.
    required : sets of columns, one of which a header must have; without any such line, the first is the header.
    """
    text, line, named = _separator_line(text.replace("\0", ""))
    first = text.lstrip().split("\n", 1)[0]
    tried = [named] if named else sorted(SEPARATORS, key=lambda separator: -first.count(separator))
    tables = [lines for separator in tried if (lines := _lines(text, separator, line))]
    if not tables:
        return None
    for lines in tables:
        for at, (number, cells) in enumerate(lines[:_TITLE_LINES]):
            columns = _columns(cells, headers)
            if any(names <= columns.keys() for names in required):
                return LabelTable(columns, tuple(cells), number, tuple(lines[at + 1 :]))
    lines = tables[0]
    number, cells = lines[0]
    return LabelTable(_columns(cells, headers), tuple(cells), number, tuple(lines[1:]))


def _separator_line(text: str) -> tuple[str, int, str]:
    """The text below a first line `sep=;`, how many lines that took, and the separator."""
    found = re.match(r'\s*"?sep=(.)"?[^\S\n]*\r?\n', text, re.IGNORECASE)
    if not found:
        return text, 0, ""
    return text[found.end() :], text[: found.end()].count("\n"), found[1]


def _lines(text: str, separator: str, before: int) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    return [(before + reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]


def _columns(cells: Sequence[str], headers: Mapping[str, str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for at, cell in enumerate(cells):
        spelling = re.sub(r"[\W_]+", "_", fold_text(cell)).strip("_")
        name = headers.get(spelling) or headers.get(_UNIT.sub("", spelling))
        if name:
            columns.setdefault(name, at)
    return columns


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
    found = _CLOCK.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text!r} is not a time")
    hours, minutes, seconds = found.groups()
    value_s = float(seconds.replace(",", "."))
    if (minutes is not None and value_s >= 60) or (hours is not None and int(minutes) >= 60):
        raise ValueError(f"{text!r} has 60 or more minutes or seconds")
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + value_s


def is_serial(times: Iterable[str]) -> bool:
    """Whether the numbers among a table's times are fractions of a day, as Excel keeps times.

    Example
    -------
    >>> is_serial(["0", "0.000347", "00:01:00"]), is_serial(["0.000347", "12.5"])
    (True, False)
    """
    numbers = [text.strip().replace(",", ".") for text in times if _NUMBER.fullmatch(text.strip())]
    return (
        bool(numbers)
        and max(map(float, numbers)) < LATEST_SERIAL
        and any("e" in x.lower() or len(x.partition(".")[2]) >= SERIAL_DECIMALS for x in numbers)
    )


def serial_s(text: str) -> float:
    """Seconds of a time in a table of `is_serial`: of a number a fraction of a day, else as `parse_time`."""
    if not _NUMBER.fullmatch(text.strip()):
        return parse_time(text)
    return float(text.strip().replace(",", ".")) * DAY_S
