"""The text of a sensors.csv in any dialect: encoding, delimiter, decimal comma, quotes; cells stay text."""

import csv
import re
from dataclasses import dataclass

from horuslib.core.errors import UserError

MAX_BYTES = 64 * 2**20
_ENCODINGS = ("utf-8-sig", "utf-16", "cp1252", "latin-1")
_DECIMAL_COMMA = re.compile(r"^[+-]?\d*,\d+([eE][+-]?\d+)?$")
_NAMES_SEPARATOR = re.compile(r"^sep=.?$", re.IGNORECASE)
"""What spreadsheets put before the header."""


class SensorsError(UserError):
    """A sensors.csv of which nothing can be used."""


@dataclass(frozen=True)
class CsvText:
    """A header and rows of text cells, each row as long as the header."""

    header: tuple[str, ...]
    rows: list[list[str]]
    decimal_comma: bool
    ragged: int
    """Rows with another number of cells than the header; they were cut or filled."""


def read_csv_text(content: bytes) -> CsvText:
    """Split a file into cells.

    Raises
    ------
    SensorsError
        When it is empty, too large, or no table.
    """
    if len(content) > MAX_BYTES:
        raise SensorsError(f"it has {len(content) / 2**20:.0f} MB; up to {MAX_BYTES // 2**20} MB are read")
    if not content.strip(b"\x00 \r\n\t\xef\xbb\xbf"):
        raise SensorsError("it is empty (no header, no rows): record the sensors again, or leave the file out")
    lines = [line for line in _decoded(content).replace("\x00", "").splitlines() if line.strip()]
    if _NAMES_SEPARATOR.match(lines[0]) and len(lines) > 1:
        lines = lines[1:]
    delimiter = max(";\t,", key=lambda d: min(lines[0].count(d), 50))
    header = tuple(_cells(lines[0], delimiter))
    if len(header) < 2:
        raise SensorsError(f"its first line {lines[0][:60]!r} is no header with a time and a value")
    rows = [_cells(line, delimiter) for line in lines[1:]]
    ragged = sum(len(row) != len(header) for row in rows)
    rows = [(row + [""] * len(header))[: len(header)] for row in rows]
    # Between quotes a comma is a decimal one also where commas separate cells.
    comma = any(_DECIMAL_COMMA.match(cell) for row in rows for cell in row)
    return CsvText(header, rows, comma, ragged)


def _cells(line: str, delimiter: str) -> list[str]:
    """A line's cells; none where it is no line of a table.

    Line by line: a quote that is never closed would take in everything behind it.
    """
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter))]
    except csv.Error:
        return []


def _decoded(content: bytes) -> str:
    for encoding in _ENCODINGS:
        if encoding == "utf-16" and content[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            continue
        try:
            return content.decode(encoding)
        except UnicodeError:
            continue
    return content.decode("utf-8", "replace")
