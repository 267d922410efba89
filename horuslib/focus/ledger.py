"""The quarantine ledger of a task: what an audit put aside, what a person heard in it, and what was undone.

An append-only CSV in `data/labels/`. A file is known by its content's hash, so that the ledger stays valid after files
are renamed. Only training files enter it by a model: a file of a test set is corrected by a person's tag alone.
"""

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from horuslib.core import ledger_file
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.tasks import Task

log = logging.getLogger(__name__)
COLUMNS = (
    *("entry", "when", "who", "action", "recording_sha256", "start_s", "end_s"),
    *("filed", "tag", "label", "rule", "probabilities", "undoes", "source"),
)
ACTIONS = ("quarantine", "tag", "relabel", "undo")
"""By an audit; by a person; by the policy; by anyone who names the entry."""
_REQUIRED = ("entry", "action", "recording_sha256", "start_s", "tag", "label", "undoes")


def ledger_path(task: Task, paths: Paths) -> Path:
    return paths.labels / f"quarantine_{task.name}.csv"


@dataclass(frozen=True)
class QuarantineLedger:
    """Reads and appends the decisions on one task's files."""

    task: Task
    paths: Paths = field(default_factory=Paths)
    who: str = "audit"

    def quarantine(self, rows: pd.DataFrame, rule: str) -> int:
        """Put training segments aside that the ledger does not know yet; how many were new. What somebody took back is
        known: it is not repeated.

        Parameters
        ----------
        rows : sha256, start_s, end_s, label (filed), split, source, p_<label>.

        Raises
        ------
        ValueError
            When a row is not of the training set.
        """
        if not (rows["split"] == "train").all():
            raise ValueError("a model quarantines no file of a test set or holdout")
        known = self.known("quarantine")
        new = [row for row in rows.itertuples() if (row.sha256, f"{row.start_s:.3f}") not in known]
        self._append([self._row("quarantine", row, rule=rule, probabilities=_probabilities(row)) for row in new])
        return len(new)

    def tag(self, row, tag: str) -> str:
        """Note what a person heard in a segment; the entry's id, by which it can be undone."""
        return self._append([self._row("tag", row, tag=tag)])

    def relabel(self, row, label: str, rule: str) -> str:
        """Note that a policy relabelled a segment."""
        return self._append([self._row("relabel", row, label=label, rule=rule, probabilities=_probabilities(row))])

    def undo(self, entry: str) -> None:
        """Take an entry back; it stays in the file.

        Raises
        ------
        UserError
            When there is no such entry.
        """
        if entry not in {x["entry"] for x in self.entries()}:
            raise UserError(f"{ledger_path(self.task, self.paths)} has no entry {entry!r} that could be undone.")
        empty = dict.fromkeys(COLUMNS, "")
        self._append([{**empty, **self._about(), "action": "undo", "undoes": entry}])

    def known(self, *actions: str) -> set[tuple[str, str]]:
        """`key` of each segment that one of these actions was ever taken on, undone or not."""
        return {key(row) for row in self._rows()[0] if row["action"] in actions}

    def entries(self) -> list[dict[str, Any]]:
        """What stands, oldest first: rows that nobody has undone.

        Raises
        ------
        UserError
            When the file is damaged: it is changed by no one, and says where.
        """
        rows, undone = self._rows()
        return [row for row in rows if row["entry"] not in undone]

    def _rows(self) -> tuple[list[dict[str, Any]], set[str | None]]:
        """All rows but those that undo, oldest first, and the entries that are undone."""
        path = ledger_path(self.task, self.paths)
        rows: list[dict[str, Any]] = []
        undone: set[str | None] = set()
        try:
            for line, row in ledger_file.read(path, _REQUIRED):
                if None in row.values():
                    log.warning("%s, line %d: the row is cut off and left out: decide again", path.name, line)
                    continue
                try:
                    ledger_file.require_whole(row)
                    if row["action"] not in ACTIONS:
                        raise ValueError(f"unknown action {row['action']!r}")
                    float(row["start_s"] or 0)
                except ValueError as e:
                    raise ValueError(f"line {line}: {e}") from None
                if row["action"] == "undo":
                    undone.add(row["undoes"])
                else:
                    rows.append(row)
        except ValueError as e:
            raise UserError(
                f"{path} is damaged ({e}): correct that line or restore the file; nothing was changed."
            ) from None
        return rows, undone

    def _row(self, action: str, row, **more: str) -> dict[str, str]:
        place = {"recording_sha256": row.sha256, "start_s": f"{row.start_s:.3f}", "end_s": f"{row.end_s:.3f}"}
        about = {"action": action, "filed": row.label if isinstance(row.label, str) else "", "source": row.source}
        return {**dict.fromkeys(COLUMNS, ""), **self._about(), **place, **about, **more}

    def _about(self) -> dict[str, str]:
        when = datetime.now(UTC).isoformat(timespec="seconds")
        return {"entry": uuid.uuid4().hex[:12], "when": when, "who": self.who}

    def _append(self, rows: list[dict[str, str]]) -> str:
        if rows:
            ledger_file.append(ledger_path(self.task, self.paths), COLUMNS, rows)
        return rows[-1]["entry"] if rows else ""


def key(entry: Mapping[str, str]) -> tuple[str, str]:
    """Which segment an entry is about: content hash and start, in milliseconds as written."""
    return entry["recording_sha256"], f"{float(entry['start_s']):.3f}"


def _probabilities(row) -> str:
    """`label=0.9000 label=0.0100`, in the order of the columns."""
    columns = [name for name in row._fields if name.startswith("p_")]
    return " ".join(f"{name[2:]}={float(getattr(row, name)):.4f}" for name in columns)
