"""What a candidate is evaluated by, and what its record says; held-out files are kept where a model errs."""

import pandas as pd
import pytest

from horuslib.core import artifacts
from horuslib.core.paths import Paths
from horuslib.core.workbooks import FOCUS
from horuslib.focus import candidate
from horuslib.focus.ledger import QuarantineLedger
from horuslib.focus.settings import load_settings
from tests.focused import Constant


@pytest.fixture
def gate(focused, tmp_path_factory):
    """(task, ledger, settings, open step) of a gate on an empty root."""
    task, _ = focused
    paths = Paths(root=tmp_path_factory.mktemp("gate"))
    return (
        task,
        QuarantineLedger(task, paths, "ana"),
        load_settings(task),
        artifacts.begin(FOCUS["gate"], task, paths=paths),
    )


def test_the_sound_of_test_files_is_kept_where_a_model_errs(gate, folder):
    task, ledger, settings, step = gate
    siren = {name: Constant(task, "emergency_sirens") for name in ("before", "after")}
    before, after = candidate.held_out(str(folder), (), siren, ledger, settings, step)
    assert len(before) == len(after) and set(after["split"]) == {"test"}
    told = step.table("held_out")
    assert set(told["source"][told["mistaken"]]) == {"road_traffic/a.wav"}
    kept = {path.stem for path in (step.folder / "audio").glob("*.npy")}
    assert kept == set(told["recording_id"][told["mistaken"]])
    assert told["sha256"].str.len().eq(64).all()


def test_without_a_test_folder_the_holdout_is_it(gate):
    _, ledger, settings, step = gate
    rows = pd.DataFrame({"segment_id": ["a", "b"], "split": ["train", "holdout"], "filed": "road_traffic"})
    rows = rows.assign(now=["road_traffic", None], predicted="human_scream", source="x.wav", sha256="0" * 64)
    before, after = candidate.held_out("", (rows, rows), {}, ledger, settings, step)
    assert before["segment_id"].tolist() == after["segment_id"].tolist() == ["b"]
    assert not step.table("held_out")["mistaken"].any(), "what a person took out is no mistake"


def test_what_a_person_took_out_does_not_count():
    rows = pd.DataFrame({"label": ["x", "x"], "now": ["y", None]})
    assert candidate.corrected(rows)["label"].tolist() == ["y"]


def test_the_version_of_the_code_changes_with_any_module_or_setting(tmp_path):
    (tmp_path / "focus").mkdir()
    for name in ("a.py", "focus/default.yaml"):
        (tmp_path / name).write_text("1")
    first = candidate.code_version(tmp_path)
    assert first == candidate.code_version(tmp_path) and len(first) == 64
    (tmp_path / "notes.txt").write_text("2")
    assert candidate.code_version(tmp_path) == first
    (tmp_path / "focus/default.yaml").write_text("2")
    second = candidate.code_version(tmp_path)
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    assert len({first, second, candidate.code_version(tmp_path)}) == 3
