"""A person's decisions hold for later runs, can be taken back, and are never lost."""

import numpy as np
import pytest

from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.speakers.corrections import (
    Correction,
    apply,
    corrected,
    in_words,
    ledger_path,
    moment_of,
    record,
    standing,
    undo,
)
from horuslib.speakers.diarize import Diarization
from horuslib.speech.turns import Turn

TURNS = [Turn(0, 4, "S01", 0.9), Turn(4, 9, "S02", 0.8), Turn(10, 12, "S01", 0.9), Turn(13, 15, "S03", 0.5)]


def after(*corrections):
    turns, problems = apply(TURNS, corrections)
    assert problems == []
    return [(t.start_s, t.end_s, t.speaker) for t in turns]


def test_rename_and_merge_go_by_who_is_heard():
    assert after(Correction("rename", 1, name="Ana"))[::2] == [(0, 4, "Ana"), (10, 12, "Ana")]
    assert after(Correction("merge", 11, 14))[-1] == (13, 15, "S01")


def test_a_later_run_may_number_otherwise():
    swapped = [Turn(t.start_s, t.end_s, {"S01": "S02", "S02": "S01"}.get(t.speaker, t.speaker)) for t in TURNS]
    turns, _ = apply(swapped, [Correction("rename", 1, name="Ana")])
    assert [t.speaker for t in turns] == ["Ana", "S01", "Ana", "S03"]


def test_a_boundary_is_moved_for_both_sides():
    assert after(Correction("move", 4.1, 5.0))[:2] == [(0, 5, "S01"), (5, 9, "S02")]


def test_a_turn_is_split():
    assert after(Correction("split", 5, 6, "Rui"))[1:4] == [(4, 5, "S02"), (5, 6, "Rui"), (6, 9, "S02")]


def test_what_finds_nobody_is_said_and_changes_nothing():
    turns, problems = apply(TURNS, [Correction("rename", 9.5, name="Ana"), Correction("move", 30, 31)])
    assert turns == TURNS
    assert problems[0] == "rename at 9.5 s finds nobody there: it is left out."
    assert len(problems) == 2


def test_a_speaker_is_named_by_a_moment_without_others():
    turns = [Turn(0, 4, "S01"), Turn(3, 9, "S02"), Turn(8, 10, "S01"), Turn(2, 4, "S03")]
    assert moment_of(turns, "S01") == 1
    assert moment_of(turns, "S02") == 6
    with pytest.raises(UserError, match="S03 never speaks alone"):
        moment_of(turns, "S03")


def test_corrections_in_words():
    assert in_words(Correction("move", 4.1, 5.0)) == "the boundary at 4.1 s lies at 5.0 s"
    assert in_words(Correction("split", 5, 6, "Rui")) == "from 5.0 s to 6.0 s, Rui speaks"


def test_the_ledger_keeps_and_takes_back(tmp_path):
    paths = Paths(root=tmp_path)
    first = record(paths, "a" * 64, Correction("rename", 1, name="Ana"), who="eva")
    record(paths, "b" * 64, Correction("merge", 1, 14))
    undo(paths, first)
    found, problems = standing(paths)
    assert problems == []
    assert list(found) == ["b" * 64]
    assert len(ledger_path(paths).read_text("utf-8").splitlines()) == 4


def test_a_row_that_was_cut_off_is_said(tmp_path):
    paths = Paths(root=tmp_path)
    record(paths, "a" * 64, Correction("rename", 1, name="Ana"))
    with open(ledger_path(paths), "a", encoding="utf-8") as file:
        file.write("2026-01-01,eva,1234")
    found, problems = standing(paths)
    assert len(found) == 1
    assert "line 3: the row is cut off" in problems[0]


@pytest.mark.parametrize(
    ("correction", "said"),
    [
        (Correction("delete", 1), "'delete' is no correction"),
        (Correction("rename", 1), "rename needs the name"),
        (Correction("merge", 1), "merge needs a second time"),
        (Correction("split", 5, 4, "Ana"), "split ends at 4 s, before it starts"),
        (Correction("rename", -1, name="Ana"), "times are seconds from 0 on"),
    ],
)
def test_half_a_correction_is_refused_and_not_recorded(tmp_path, correction, said):
    with pytest.raises(UserError, match=said):
        record(Paths(root=tmp_path), "a" * 64, correction)
    assert not ledger_path(Paths(root=tmp_path)).exists()


def test_a_mean_voice_goes_by_the_name_of_most_of_its_turns():
    voices = {name: np.eye(3)[i] for i, name in enumerate(("S01", "S02", "S03"))}
    found = Diarization("a.wav", TURNS, 15.0, 13.0, voices)
    after, problems = corrected(found, [Correction("rename", 1, name="Ana"), Correction("merge", 11, 14)])
    assert problems == []
    assert set(after.vectors) == {"Ana", "S02"}
    np.testing.assert_array_equal(after.vectors["Ana"], voices["S01"])
