"""CSV files that only grow: a row is appended under a lock and is on the disk before the call returns.

What a person decided is never rewritten: a decision is taken back by a further row. A write that was cut off, by a
power cut or a full disk, leaves a last row without its line end. It is not read, since what is left of a value may pass
for another one, and the next writer moves it to `NAME.cut`.
"""

import csv
import fcntl
import getpass
import io
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from horuslib.core.errors import UserError

log = logging.getLogger(__name__)


def append(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> None:
    """Add rows to a ledger, which begins with its header; they are on the disk when this returns.

    Raises
    ------
    UserError
        When the file has another header: its rows would be misread.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        content = file.read()
        complete = _complete_size(content)
        begun = _text(content)
        header = next(csv.reader(io.StringIO(begun, newline="")), None)
        if not complete and ",".join(columns).startswith(begun):
            header = None
        if header is not None and header != list(columns):
            raise UserError(
                f"{path} begins with {','.join(header)}, but rows are added under {','.join(columns)}: "
                "put that header there (columns may be empty), or move the file away."
            )
        if header is not None and complete < len(content):
            _keep_aside(path, content, complete)
        file.truncate(complete)
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        if header is None:
            writer.writeheader()
        writer.writerows(rows)
        file.write(text.getvalue().encode("utf-8"))
        file.flush()
        os.fsync(file.fileno())


def read(path: Path, required: Sequence[str]) -> Iterator[tuple[int, dict[str, str | None]]]:
    """The rows of a ledger with their line numbers; an absent or empty file has none.

    A last row that was cut off comes without values (`require_whole`).

    Raises
    ------
    ValueError
        When a required column is missing from the header.
    """
    content = path.read_bytes() if path.is_file() else b""
    if not content:
        return
    complete = _complete_size(content)
    if not complete:
        log.warning("%s: its header was cut off, so that it holds no row; the next one begins it anew.", path)
        return
    reader = csv.DictReader(io.StringIO(_text(content[:complete]), newline=""))
    missing = [name for name in required if name not in (reader.fieldnames or ())]
    if missing:
        raise ValueError(f"no column {', '.join(missing)}")
    for row in reader:
        yield reader.line_num, row
    if complete < len(content):
        yield reader.line_num + 1, dict.fromkeys(reader.fieldnames or ())


def require_whole(row: Mapping[str, str | None]) -> None:
    """Raise ValueError where a row ends early, because writing it was cut off, or has more values than columns."""
    if all(value is None for value in row.values()):
        raise ValueError("the row is cut off: no line end follows it")
    if None in row.values():
        raise ValueError("the row is cut off")
    if None in row:
        raise ValueError("the row has more values than the header has columns")


def _complete_size(content: bytes) -> int:
    """After how many bytes the last row ends whose line end is there, and not within quotes."""
    size = read_size = 0
    ended = False

    def lines() -> Iterator[str]:
        nonlocal read_size, ended
        for line in io.StringIO(content.decode("latin-1"), newline=""):  # a character per byte
            read_size += len(line)
            yield line
        ended = True
        yield "\n"  # belongs to the last row where a quote is open

    with suppress(csv.Error):  # a field without end
        for _ in csv.reader(lines()):
            if not ended and content[read_size - 1 : read_size] in (b"\n", b"\r"):
                size = read_size
    return size


def _text(content: bytes) -> str:
    return content.decode("utf-8-sig", errors="replace")


def _keep_aside(path: Path, content: bytes, complete: int) -> None:
    """Keep what was cut off of a ledger in a file beside it."""
    aside = path.with_name(f"{path.name}.cut")
    with open(aside, "ab") as file:
        file.write(content[complete:] + b"\n")
        file.flush()
        os.fsync(file.fileno())
    line = content.count(b"\n", 0, complete) + 1
    log.warning(
        "%s, line %d: the last row was cut off while it was written, and is now in %s: decide again what it said.",
        *(path, line, aside.name),
    )


def user_name() -> str:
    """The name of the current system user, for a ledger's column `who`; "unknown" where the system has none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
