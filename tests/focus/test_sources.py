"""What the steps depend on from outside changes when it should, and at no other time."""

import pytest

from horuslib.audio.encode import write_wav
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.focus import sources
from horuslib.focus.ledger import ledger_path
from horuslib.tasks import load_task
from tests.conftest import write_tree

TASK = load_task("sirens")


def test_the_class_is_the_tasks_own_spelling():
    paths = Paths()
    assert sources.focus_class(TASK, {}, paths).parameters == {"label": "emergency_sirens"}
    assert sources.focus_class(TASK, {"label": "Crash"}, paths).parameters == {"label": "collision_sounds"}
    with pytest.raises(UserError, match="CLASS='x' is no label"):
        sources.focus_class(TASK, {"label": "x"}, paths)


def test_a_tag_changes_the_input_of_the_relabelling(tmp_path):
    paths = Paths(root=tmp_path)
    before = sources.tags(TASK, {}, paths).content
    write_tree(tmp_path, {ledger_path(TASK, paths).relative_to(tmp_path).as_posix(): "entry\n"})
    assert sources.tags(TASK, {}, paths).content != before


def test_a_damaged_ledger_ends_the_run_before_any_work(tmp_path):
    paths = Paths(root=tmp_path)
    write_tree(tmp_path, {ledger_path(TASK, paths).relative_to(tmp_path).as_posix(): "no ledger\n1\n"})
    with pytest.raises(UserError, match=r"quarantine_sirens\.csv"):
        sources.focus_class(TASK, {}, paths)


def test_the_evidence_is_the_test_folder_by_content(tmp_path):
    paths = Paths(root=tmp_path)
    assert sources.evidence(TASK, {}, paths).parameters == {"evidence": "held_out", "test": "", "programme": ""}
    write_tree(tmp_path / "test", {"labels.csv": "path,label\n"})
    given = {"test": str(tmp_path / "test"), "evidence": "folds"}
    found = sources.evidence(TASK, given, paths)
    assert found.parameters == {"evidence": "folds", "test": str(tmp_path / "test"), "programme": ""}
    assert any(name.startswith("test: ") for name in found.content)
    with pytest.raises(UserError, match="There is no folder"):
        sources.evidence(TASK, {"test": str(tmp_path / "nowhere")}, paths)


def test_the_programme_is_an_input_by_content(tmp_path, rng):
    paths, folder = Paths(root=tmp_path), tmp_path / "programme"
    write_wav(folder / "a.wav", 0.1 * rng.standard_normal(1600), 16000)
    found = sources.evidence(TASK, {"programme": str(folder)}, paths)
    assert found.parameters["programme"] == str(folder) and "programme: a.wav" in found.content
    write_wav(folder / "a.wav", 0.1 * rng.standard_normal(1600), 16000)
    assert sources.evidence(TASK, {"programme": str(folder)}, paths).content != found.content
    with pytest.raises(UserError, match=r"There is no folder .*nowhere: give the folder of long programme"):
        sources.evidence(TASK, {"programme": str(tmp_path / "nowhere")}, paths)
