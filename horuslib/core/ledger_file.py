"""CSV files that only grow: a row is appended under a lock and is on the disk before the call returns.

What a person decided is never rewritten: a decision is taken back by a further row. A write that was cut off leaves at
most one unfinished last row, which readers recognise by its missing columns and the next writer closes.
"""

import csv
import fcntl
import getpass
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from horuslib.core.errors import UserError


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
        begun = content.decode("utf-8-sig", errors="replace")
        header = next(csv.reader(io.StringIO(begun, newline="")), None)
        if header is not None and header != list(columns):
            raise UserError(
                f"{path} begins with {','.join(header)}, but rows are added under {','.join(columns)}: "
                "put that header there (columns may be empty), or move the file away."
            )
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        if header is None:
            writer.writeheader()
        elif not begun.endswith("\n"):
            text.write("\n")
        writer.writerows(rows)
        file.write(text.getvalue().encode("utf-8"))
        file.flush()
        os.fsync(file.fileno())


def read(path: Path, required: Sequence[str]) -> Iterator[tuple[int, dict[str, str | None]]]:
    """The rows of a ledger with their line numbers; an absent file has none.

    Raises
    ------
    ValueError
        When a required column is missing from the header.
    """
    if not path.is_file():
        return
    reader = csv.DictReader(io.StringIO(path.read_text("utf-8-sig", errors="replace"), newline=""))
    missing = [name for name in required if name not in (reader.fieldnames or ())]
    if missing:
        raise ValueError(f"no column {', '.join(missing)}")
    for row in reader:
        yield reader.line_num, row


def require_whole(row: Mapping[str, str | None]) -> None:
    """Raise ValueError where a row ends early: writing it was cut off."""
    if None in row.values():
        raise ValueError("the row is cut off")


def user_name() -> str:
    """The name of the current system user, for a ledger's column `who`; "unknown" where the system has none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
