"""The analyst's classes of events, in a ledger that only grows; an event is known by the content of its files."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from horuslib.core import ledger_file
from horuslib.core.artifacts import sha256_file
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.core.walk import shown
from horuslib.datasets.ingest_issues import IngestIssue
from horuslib.spectral.events.class_names import recognise
from horuslib.spectral.events.event import FILES

LEDGER = "event_classes.csv"
COLUMNS = ("when", "who", "entry", "event_sha256", "event", "old_label", "label", "undoes")
"""`entry` is the row's id; a row that `undoes` another one takes it back and gives no class."""
UNLABELLED = "-"
"""In place of a class: the event is kept for scanning and not trained on."""


class GivenClass(NamedTuple):
    """A class given by hand; None where it was taken away."""

    event_sha256: str
    label: str | None
    entry: str = ""


def ledger_path(paths: Paths) -> Path:
    """Where the classes are kept."""
    return paths.labels / LEDGER


def content_of(folder: Path) -> str:
    """The hash of an event's signals, whatever its folder is called and its metadata says."""
    digest = hashlib.sha256()
    for name in FILES.values():
        path = folder / name
        digest.update(f"{name}:{sha256_file(path) if path.is_file() else ''};".encode())
    return digest.hexdigest()


def relabel(folder: Path, label: str, classes: Sequence[str], old_label: str | None, paths: Paths) -> str:
    """Give an event another class; returns it in the task's spelling.

    Raises
    ------
    UserError
        When the folder is none or the class is unknown.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder: give the folder of one event.")
    found = UNLABELLED if label == UNLABELLED else recognise(label, classes)
    if found is None:
        raise UserError(f"{label!r} is none of {', '.join(classes)}; '{UNLABELLED}' takes the class away.")
    row = {
        "event_sha256": content_of(folder),
        "event": shown(folder.name),
        "old_label": old_label or "",
        "label": found,
    }
    _append(paths, row)
    return found


def undo(entry: str, paths: Paths) -> None:
    """Take the class that was given by this row back: what held before holds again."""
    _append(paths, {"undoes": entry})


def given_classes(path: Path, classes: Sequence[str]) -> tuple[list[GivenClass], list[IngestIssue]]:
    """The classes given by hand that were not taken back, oldest first, and what is wrong with the ledger."""
    rows: list[GivenClass] = []
    undone: set[str] = set()
    issues = []
    try:
        for line, row in ledger_file.read(path, ("event_sha256", "label")):
            try:
                ledger_file.require_whole(row)
                if row.get("undoes"):
                    undone.add(str(row["undoes"]))
                else:
                    rows.append(_given(row, classes))
            except ValueError as e:
                issues.append(IngestIssue(path.name, f"line {line}", str(e), "row left out; correct it", "error"))
    except ValueError as e:
        issues.append(IngestIssue(path.name, "line 1", str(e), "no class applied; restore the header", "error"))
    return [one for one in rows if one.entry not in undone], issues


def read_classes(path: Path, classes: Sequence[str]) -> tuple[dict[str, str | None], list[IngestIssue]]:
    """Content of an event -> its class, later rows first; None where it was taken away."""
    given, issues = given_classes(path, classes)
    return {one.event_sha256: one.label for one in given}, issues


def _given(row: Mapping[str, str | None], classes: Sequence[str]) -> GivenClass:
    label = str(row["label"]).strip()
    known = None if label == UNLABELLED else recognise(label, classes)
    if known is None and label != UNLABELLED:
        raise ValueError(f"unknown class {label!r}")
    return GivenClass(str(row["event_sha256"]).strip(), known, row.get("entry") or "")


def _append(paths: Paths, row: Mapping[str, str]) -> None:
    when, entry = datetime.now(UTC).isoformat(timespec="seconds"), uuid.uuid4().hex[:12]
    whole = {**dict.fromkeys(COLUMNS, ""), "when": when, "who": ledger_file.user_name(), "entry": entry, **row}
    ledger_file.append(ledger_path(paths), COLUMNS, [whole])
