"""Thresholds that a person chose: they take precedence over those that evaluation chooses.

A ledger in `data/labels/`, one row per threshold that was saved; the last row of a task's label holds. A row without a
number gives the label back to evaluation.
"""

from collections.abc import Mapping
from pathlib import Path

from horuslib.core import ledger_file
from horuslib.core.paths import Paths
from horuslib.core.workbooks import Inputs
from horuslib.datasets.ingest_issues import IngestIssue
from horuslib.tasks import Task

LEDGER = "thresholds.csv"
REQUIRED = ("task", "label", "threshold")
COLUMNS = ("when", "who", "task", "label", "old_threshold", "threshold")


def ledger_path(paths: Paths) -> Path:
    return paths.labels / LEDGER


def read_overrides(path: Path, task: Task) -> tuple[dict[str, float], list[IngestIssue]]:
    """Label -> threshold of this task, and what of the ledger could not be used; an absent ledger holds none."""
    chosen, issues = {}, []
    try:
        for line, row in ledger_file.read(path, REQUIRED):
            try:
                ledger_file.require_whole(row)
                if row["task"] != task.name:
                    continue
                chosen[_fault(row["label"] or "", task)] = _share(row["threshold"] or "")
            except ValueError as e:
                action = "threshold left out; save it again"
                issues.append(IngestIssue(path.name, f"line {line}", str(e), action, "error"))
    except ValueError as e:
        return {}, [IngestIssue(path.name, "line 1", str(e), "no threshold used; restore the header", "error")]
    return {label: share for label, share in chosen.items() if share is not None}, issues


def overrides(task: Task, options: Mapping[str, str], paths: Paths) -> Inputs:
    """What evaluation reads from outside: the thresholds that a person chose for this task."""
    return Inputs(read_overrides(ledger_path(paths), task)[0])


def _fault(label: str, task: Task) -> str:
    if label not in task.faults:
        raise ValueError(f"{label!r} is no fault of task {task.name}: {', '.join(task.faults)}")
    return label


def _share(text: str) -> float | None:
    if not text.strip():
        return None
    share = float(text)
    if not 0 <= share <= 1:
        raise ValueError(f"the threshold {text!r} is not from 0 to 1")
    return share
