"""Problems found by ingest, one row each: where, what, and what was done about it."""

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

SEVERITIES = ("error", "warning", "note")


class IngestIssue(NamedTuple):
    """A row of the ingest report. Its texts quote the user's data: escape them in HTML."""

    file: str
    where: str
    """A line of a table, a time, or empty for the whole file."""
    problem: str
    action: str
    """What was done about it, and what the user can do."""
    severity: str


def report_table(issues: Iterable[IngestIssue]) -> pd.DataFrame:
    """The ingest report, most severe problems first, then by file."""
    rows = sorted(issues, key=lambda f: (SEVERITIES.index(f.severity), f.file))
    return pd.DataFrame(rows, columns=IngestIssue._fields).astype("string")
