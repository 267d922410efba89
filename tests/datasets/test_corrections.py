"""Lists of hard normals beside the ledger, and rows of recordings that are not there."""

import pandas as pd
import pytest

from horuslib.core.paths import Paths
from horuslib.datasets import corrections, sources
from horuslib.datasets.corrections import COLUMNS, hard_normal


@pytest.fixture
def ledger(tmp_path):
    """Two lists of hard normals, of recordings aa and bb, and a ledger with a correction of cc."""
    paths = Paths(root=tmp_path, project=tmp_path)
    paths.labels.mkdir(parents=True)
    for name, sha256 in (("hard_normals.csv", "aa"), ("hard_normals_may.csv", "bb")):
        rows = [hard_normal(sha256 * 32, start_s, start_s + 5.0, "eco_reverb", "normal") for start_s in (0.0, 60.0)]
        pd.DataFrame(rows, columns=COLUMNS).to_csv(paths.labels / name, index=False)
    row = hard_normal("cc" * 32, 0.0, 5.0, "normal", "ruido_hiss")
    pd.DataFrame([row], columns=COLUMNS).to_csv(corrections.ledger_path(paths), index=False)
    return paths


def test_every_list_of_hard_normals_is_read(ledger, horus):
    said, issues = corrections.read_corrections(corrections.ledger_path(ledger), horus)
    assert not issues and {sha256[:2]: len(of) for sha256, of in said.items()} == {"aa": 2, "bb": 2, "cc": 1}


def test_ingest_depends_on_every_list(ledger, tmp_path):
    (tmp_path / "raw").mkdir()
    names = {"data/labels/corrections.csv", "data/labels/hard_normals.csv", "data/labels/hard_normals_may.csv"}
    assert set(sources.fingerprint_raw(tmp_path / "raw", ledger)) == names


def test_rows_of_recordings_that_are_not_there_are_an_issue(ledger):
    path = corrections.ledger_path(ledger)
    found = corrections.of_absent_recordings(path, {"aa" * 32, "cc" * 32})
    assert [(issue.file, issue.problem, issue.severity) for issue in found] == [
        ("hard_normals_may.csv", "2 rows of 1 recording that is neither among the videos nor in the archive", "warning")
    ]
    found = corrections.of_absent_recordings(path, {"aa" * 32, "bb" * 32})
    assert [(issue.file, issue.severity) for issue in found] == [("corrections.csv", "note")], (
        "of another task, perhaps"
    )
    assert corrections.of_absent_recordings(path, {x * 32 for x in ("aa", "bb", "cc")}) == []
    assert corrections.of_absent_recordings(path.with_name("gone") / "corrections.csv", set()) == []
