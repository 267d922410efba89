"""Promotion and rollback: one of both packages stands whole whenever the process dies, and the history says why."""

import json
import os
import shutil

import pytest

from horuslib.core.artifacts import sha256_file, write_json
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.export.bundle import METADATA, MODEL
from horuslib.focus import promote as promotion
from horuslib.focus.promote import CANDIDATE, HISTORY, RULING, history, mend, promote, roll_back


@pytest.fixture
def placed(export, horus, tmp_path):
    """Paths with a package in production and another candidate, which the gate let pass."""
    paths = Paths(root=tmp_path)
    shutil.copytree(export, paths.export(horus.name))
    candidate = paths.task(horus.name) / CANDIDATE
    shutil.copytree(export, candidate)
    (candidate / "README.md").write_text("the candidate", "utf-8")
    write_json(candidate / RULING, {"passed": True, "refused": False, "reasons": []})
    return paths


def in_production(paths, task):
    return (paths.export(task.name) / "README.md").read_text("utf-8") == "the candidate"


def test_the_candidate_takes_the_place_and_the_way_back_is_one_command(placed, horus):
    kept, _ = promote(horus, placed)
    assert in_production(placed, horus) and (kept / MODEL).is_file()
    roll_back(horus, placed)
    assert not in_production(placed, horus)
    assert [row["action"] for row in history(horus, placed)] == ["promote", "rollback"]
    with pytest.raises(UserError, match="Nothing was promoted for task horus that is not rolled back"):
        roll_back(horus, placed)
    promote(horus, placed)
    assert in_production(placed, horus) and len(history(horus, placed)) == 3


def test_what_the_gate_did_not_let_pass_needs_a_persons_reason(placed, horus):
    ruling = placed.task(horus.name) / CANDIDATE / RULING
    write_json(ruling, {"passed": False, "refused": True, "reasons": ["hiss: 73 recordings needed, 20 given."]})
    with pytest.raises(UserError, match=r"73 recordings needed, 20 given.*Nothing was changed"):
        promote(horus, placed)
    assert not in_production(placed, horus)
    promote(horus, placed, anyway="heard all of it")
    assert in_production(placed, horus)
    assert history(horus, placed)[0]["reason"] == "anyway: heard all of it"


def test_a_ruling_against_another_package_does_not_count(placed, horus):
    ruling = placed.task(horus.name) / CANDIDATE / RULING
    about = {"passed": True, "refused": False, "reasons": []}
    write_json(ruling, {**about, "production": "0" * 64})
    with pytest.raises(UserError, match=r"is not the one that the gate compared .* with: run `make focus TASK=horus`"):
        promote(horus, placed)
    assert not in_production(placed, horus)
    write_json(ruling, {**about, "production": sha256_file(placed.export(horus.name) / MODEL)})
    promote(horus, placed)
    assert in_production(placed, horus)


def test_a_damaged_candidate_changes_nothing(placed, horus):
    (placed.task(horus.name) / CANDIDATE / "model_audio_keras" / "preprocess.py").write_text("", "utf-8")
    with pytest.raises(UserError, match="is damaged"):
        promote(horus, placed)
    assert not in_production(placed, horus) and history(horus, placed) == []


def test_without_a_candidate_it_is_a_sentence(horus, tmp_path):
    with pytest.raises(UserError, match="run `make focus TASK=horus` first"):
        promote(horus, Paths(root=tmp_path))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"passed": "yes", "reasons": []}', "[" * 100000])
def test_a_damaged_ruling_is_none(placed, horus, content):
    (placed.task(horus.name) / CANDIDATE / RULING).write_text(content)
    with pytest.raises(UserError, match=r"no candidate with a ruling in .*run `make focus TASK=horus` first"):
        promote(horus, placed, anyway="whatever it says")
    assert not in_production(placed, horus)


def test_a_candidate_whose_metadata_is_damaged_changes_nothing(placed, horus):
    (placed.task(horus.name) / CANDIDATE / METADATA).write_text("[]")
    with pytest.raises(UserError, match=r"is damaged \(.*metadata\.json\): nothing was changed"):
        promote(horus, placed)
    assert not in_production(placed, horus)


@pytest.mark.parametrize("content", [None, "", "[]"])
def test_a_damaged_package_in_production_can_be_replaced(placed, horus, content):
    path = placed.export(horus.name) / METADATA
    path.unlink() if content is None else path.write_text(content)
    promote(horus, placed)
    assert in_production(placed, horus) and history(horus, placed)[0]["model_before"] == ""


@pytest.mark.parametrize("moves", [0, 1, 2])
def test_killed_at_any_move_one_of_both_stands_whole(placed, horus, monkeypatch, moves):
    done, rename = [], os.rename

    def killed(self, target):
        if len(done) == moves:
            raise KeyboardInterrupt
        done.append(target)
        rename(self, target)
        return target

    def killed_at_the_row(path, columns, rows):
        if rows:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(promotion.Path, "rename", killed)
        patched.setattr(promotion.ledger_file, "append", killed_at_the_row)
        with pytest.raises(KeyboardInterrupt):
            promote(horus, placed)
    mend(horus, placed)
    assert in_production(placed, horus) == (moves == 2)
    assert len(history(horus, placed)) == (moves == 2), "what was done is written down, what was not is not"
    assert (placed.export(horus.name) / MODEL).is_file()
    promote(horus, placed)
    assert in_production(placed, horus)
    assert json.loads((placed.task(horus.name) / CANDIDATE / RULING).read_text("utf-8"))["passed"]
    assert (placed.task(horus.name) / HISTORY / "history.csv").is_file()


def test_a_history_that_another_program_saved_is_a_sentence(placed, horus):
    promote(horus, placed)
    path = placed.task(horus.name) / HISTORY / "history.csv"
    path.write_text(path.read_text("utf-8").replace(",", ";"), "utf-8")
    before = path.read_bytes()
    for at_work in (roll_back, promote, history):
        with pytest.raises(UserError, match=r"history\.csv cannot be read .*when,who,action.*[Nn]othing was changed"):
            at_work(horus, placed)
    assert path.read_bytes() == before and in_production(placed, horus)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"kept": 5}', '{"kept": "../x"}'])
@pytest.mark.parametrize("cut", [False, True])
def test_a_damaged_note_of_an_exchange_stops_nothing_and_is_kept(placed, horus, content, cut, caplog):
    kept, _ = promote(horus, placed)
    folder = placed.task(horus.name) / HISTORY
    if cut:
        shutil.rmtree(placed.export(horus.name))
    (folder / promotion.PENDING).write_text(content)
    mend(horus, placed)
    assert in_production(placed, horus) != cut
    assert (placed.export(horus.name) / MODEL).is_file() and kept.exists() != cut
    assert (folder / f"{promotion.PENDING}.damaged").read_text() == content
    assert not (folder / promotion.PENDING).exists() and "cannot be read" in caplog.text
