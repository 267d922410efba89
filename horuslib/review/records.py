"""The records of a task's runs: numbered JSON files in one folder, oldest first, never overwritten.

A file of another name (`0001 (1).json`, as copies are called) is no record. One that cannot be read is logged, left out
and kept.
"""

import json
import logging
import re
from collections.abc import Callable
from pathlib import Path

from horuslib.core.artifacts import json_bytes, write_bytes

HISTORY = "history"
"""The folder in `artifacts/TASK/` of the records of a task's own workbook."""
_NUMBER = re.compile(r"[0-9]+")
log = logging.getLogger(__name__)


def numbered(folder: Path, suffix: str = ".json") -> dict[int, Path]:
    """Number -> file of this suffix, in the order of the numbers."""
    files = folder.iterdir() if folder.is_dir() else ()
    found = {int(path.stem): path for path in files if path.suffix == suffix and _NUMBER.fullmatch(path.stem)}
    return dict(sorted(found.items()))


def read(folder: Path, check: Callable[[str], object] = json.loads) -> dict[int, dict]:
    """Number -> content of every record that can be read, oldest first.

    Parameters
    ----------
    check : raises a ValueError where a record's text is not what is expected.
    """
    found = {}
    for number, path in numbered(folder).items():
        try:
            text = path.read_text("utf-8")
            check(text)
            content = json.loads(text)
            if not isinstance(content, dict):
                raise ValueError("it is no JSON object")
            found[number] = content
        except (OSError, ValueError, RecursionError) as e:
            log.warning("%s cannot be used as a record of a result (%s): it is ignored; remove it.", path, e)
    return found


def add(folder: Path, content: object) -> Path | None:
    """Write the next record; None where the last one says the same."""
    text, last = json_bytes(content), list(numbered(folder).values())[-1:]
    if last and last[0].read_bytes() == text:
        return None
    return write_bytes(next_place(folder), text)


def next_place(folder: Path) -> Path:
    """Where the next record goes: after the highest number that any file has, whatever was deleted."""
    taken = [int(p.stem) for p in (folder.iterdir() if folder.is_dir() else ()) if _NUMBER.fullmatch(p.stem)]
    return folder / f"{max(taken, default=0) + 1:04}.json"
