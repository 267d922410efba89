"""The analyst's corrections, as a ledger: rows are only ever added, and a later row wins over an earlier one."""

import csv
import io
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from horuslib.learn.findings import Finding
from horuslib.learn.names import fold_text
from horuslib.learn.timestamps import parse_time
from horuslib.paths import Paths
from horuslib.tasks import Task

LEDGER = "corrections.csv"
COLUMNS = ("recording_sha256", "start_s", "end_s", "label", "action")


class Correction(NamedTuple):
    """One stretch of one recording, known by the recording's content."""

    start_s: float
    end_s: float
    label: str | None
    """None: quarantined, out of training and of every measure."""


def ledger_path(paths: Paths) -> Path:
    return paths.labels / LEDGER


def read_corrections(path: Path, task: Task) -> tuple[dict[str, list[Correction]], list[Finding]]:
    """Corrections per recording (sha256), oldest first; an absent ledger holds none.

    Columns `recording_sha256,start_s,end_s,label,action`, with action `relabel` or `quarantine`; more columns may stand
    beside them. A row that cannot be used becomes a finding.
    """
    corrections, findings = defaultdict(list), []
    if not path.is_file():
        return {}, []
    reader = csv.DictReader(io.StringIO(path.read_text("utf-8-sig", errors="replace"), newline=""))
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        problem = f"no column {', '.join(missing)}"
        return {}, [Finding(path.name, "line 1", problem, "no correction applied; restore the header", "error")]
    for row in reader:
        try:
            corrections[(row["recording_sha256"] or "").strip().lower()].append(_correction(row, task))
        except ValueError as e:
            where = f"line {reader.line_num}"
            findings.append(Finding(path.name, where, str(e), "correction left out; correct the row", "error"))
    return dict(corrections), findings


def _correction(row: dict[str, str | None], task: Task) -> Correction:
    start_s, end_s = parse_time(row["start_s"] or ""), parse_time(row["end_s"] or "")
    if end_s <= start_s:
        raise ValueError(f"ends at {end_s:g} s, not after its start {start_s:g} s")
    action = (row["action"] or "").strip().lower()
    if action == "quarantine":
        return Correction(start_s, end_s, None)
    if action != "relabel":
        raise ValueError(f"unknown action {row['action']!r}: relabel or quarantine")
    label = task.resolve(fold_text(row["label"] or ""))
    if label is None:
        raise ValueError(f"unknown class {row['label']!r}")
    return Correction(start_s, end_s, label)
