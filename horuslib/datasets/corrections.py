"""The analyst's corrections as an append-only ledger: later rows override earlier ones.

Beside it may lie lists of hard normals that `horus report --good` wrote, `hard_normals*.csv`; their rows are
corrections, too, and come first.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from horuslib.core import ledger_file
from horuslib.core.paths import Paths
from horuslib.datasets.ingest_issues import IngestIssue
from horuslib.datasets.labels.names import fold_text
from horuslib.datasets.labels.timestamps import parse_time
from horuslib.tasks import Task

LEDGER = "corrections.csv"
HARD_NORMALS = "hard_normals.csv"
REQUIRED = ("recording_sha256", "start_s", "end_s", "label", "action")
COLUMNS = (
    *("entry", "when", "who", "action", "recording_sha256", "start_s", "end_s"),
    *("old_label", "label", "undoes", "source", "reason"),
)
"""All columns: `entry` is the row's id, `undoes` the id of the entry that an `undo` reverts."""


class Correction(NamedTuple):
    """One interval of a recording, which is identified by its content."""

    start_s: float
    end_s: float
    label: str | None
    """None: quarantined, excluded from training and evaluation."""
    entry: str = ""
    """The row's id in the ledger, by which it can be reverted."""


def ledger_path(paths: Paths) -> Path:
    return paths.labels / LEDGER


def hard_normal_lists(path: Path) -> list[Path]:
    """The lists of hard normals beside a ledger, in order of their names."""
    return sorted(path.parent.glob(f"{Path(HARD_NORMALS).stem}*.csv"))


def of_absent_recordings(path: Path, known: Collection[str]) -> list[IngestIssue]:
    """Issues of rows that have no effect, since their recording is not there: one per file.

    Parameters
    ----------
    path : the ledger; its lists of hard normals are looked through, too.
    known : sha256 of all recordings, of videos and archive.
    """
    issues = []
    for file in (*hard_normal_lists(path), path):
        absent: Counter[str] = Counter()
        try:
            for _, row in ledger_file.read(file, REQUIRED):
                sha256 = (row["recording_sha256"] or "").strip().lower()
                if sha256 and (row["action"] or "").strip().lower() != "undo" and sha256 not in known:
                    absent[sha256] += 1
        except ValueError:  # `read_standing` reports it
            continue
        if absent:
            rows, recordings = absent.total(), len(absent)
            are = "recording that is" if recordings == 1 else "recordings that are"
            problem = (
                f"{rows} {'row' if rows == 1 else 'rows'} of {recordings} {are} neither among the videos nor in the "
                "archive"
            )
            # The ledger holds the corrections of every task.
            severity = "note" if file == path else "warning"
            issues.append(IngestIssue(file.name, "", problem, "without effect; give the recordings too", severity))
    return issues


def read_corrections(path: Path, task: Task) -> tuple[dict[str, list[Correction]], list[IngestIssue]]:
    """Corrections that are not reverted, per recording (sha256), oldest first; none without a ledger."""
    standing, issues = read_standing(path, task)
    corrections = defaultdict(list)
    for sha256, correction in standing:
        corrections[sha256].append(correction)
    return dict(corrections), issues


def read_standing(path: Path, task: Task) -> tuple[list[tuple[str, Correction]], list[IngestIssue]]:
    """Corrections that are not reverted, each with its recording's sha256, oldest first.

    The columns `REQUIRED` must be present; `action` is `relabel`, `quarantine` or `undo`. An unusable row,
    also one that was written incompletely, becomes an issue of the ingest report.
    """
    rows: list[tuple[str, Correction]] = []
    undone: set[str] = set()
    issues: list[IngestIssue] = []
    for file in (*hard_normal_lists(path), path):
        try:
            for line, row in ledger_file.read(file, REQUIRED):
                try:
                    ledger_file.require_whole(row)
                    if row["action"].strip().lower() == "undo":
                        undone.add(_undone(row))
                    else:
                        rows.append((row["recording_sha256"].strip().lower(), _correction(row, task)))
                except ValueError as e:
                    action = "correction left out; correct the row"
                    issues.append(IngestIssue(file.name, f"line {line}", str(e), action, "error"))
        except ValueError as e:
            action = "no correction applied; restore the header"
            issues.append(IngestIssue(file.name, "line 1", str(e), action, "error"))
    return [(sha256, c) for sha256, c in rows if not c.entry or c.entry not in undone], issues


def hard_normal(sha256: str, start_s: float, end_s: float, label: str, background: str) -> dict[str, str]:
    """A row that says of an alarm that the programme is normal there.

    Parameters
    ----------
    label : what the alarm took it for.
    """
    return dict.fromkeys(COLUMNS, "") | {
        "entry": f"{sha256[:12]}-{start_s:.1f}", "action": "relabel", "recording_sha256": sha256,
        "start_s": f"{start_s:.3f}", "end_s": f"{end_s:.3f}", "old_label": label, "label": background,
        "source": "scan", "reason": "alarm on known-good programme",
    }  # fmt: skip


def _undone(row: Mapping[str, str]) -> str:
    entry = row.get("undoes", "").strip()
    if not entry:
        raise ValueError("an undo that does not name the entry to revert")
    return entry


def _correction(row: Mapping[str, str], task: Task) -> Correction:
    entry = row.get("entry", "").strip()
    start_s, end_s = parse_time(row["start_s"]), parse_time(row["end_s"])
    if end_s <= start_s:
        raise ValueError(f"ends at {end_s:g} s, not after its start {start_s:g} s")
    action = row["action"].strip().lower()
    if action == "quarantine":
        return Correction(start_s, end_s, None, entry)
    if action != "relabel":
        raise ValueError(f"unknown action {row['action']!r}: relabel, quarantine or undo")
    label = task.resolve(fold_text(row["label"]))
    if label is None:
        raise ValueError(f"unknown class {row['label']!r}")
    return Correction(start_s, end_s, label, entry)
