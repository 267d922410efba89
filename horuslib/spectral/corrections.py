"""The analyst's classes of events, in a ledger that only grows; an event is known by the content of its files."""

import getpass
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from horuslib.core import ledger_file
from horuslib.core.artifacts import sha256_file
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.datasets.ingest_issues import IngestIssue
from horuslib.spectral.events.class_names import recognise
from horuslib.spectral.events.event import FILES

LEDGER = "event_classes.csv"
COLUMNS = ("when", "who", "event_sha256", "event", "old_label", "label")
UNLABELLED = "-"
"""In place of a class: the event is kept for scanning and not trained on."""


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
        "when": datetime.now(UTC).isoformat(timespec="seconds"), "who": getpass.getuser(),
        "event_sha256": content_of(folder), "event": folder.name, "old_label": old_label or "", "label": found,
    }  # fmt: skip
    ledger_file.append(ledger_path(paths), COLUMNS, [row])
    return found


def read_classes(path: Path, classes: Sequence[str]) -> tuple[dict[str, str | None], list[IngestIssue]]:
    """Content of an event -> its class, later rows first; None where it was taken away."""
    found: dict[str, str | None] = {}
    issues = []
    try:
        for line, row in ledger_file.read(path, ("event_sha256", "label")):
            try:
                ledger_file.require_whole(row)
                label = str(row["label"]).strip()
                known = None if label == UNLABELLED else recognise(label, classes)
                if known is None and label != UNLABELLED:
                    raise ValueError(f"unknown class {label!r}")
                found[str(row["event_sha256"]).strip()] = known
            except ValueError as e:
                issues.append(IngestIssue(path.name, f"line {line}", str(e), "row left out; correct it", "error"))
    except ValueError as e:
        issues.append(IngestIssue(path.name, "line 1", str(e), "no class applied; restore the header", "error"))
    return found, issues
