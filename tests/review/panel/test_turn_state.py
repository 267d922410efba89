"""Corrections of turns as the panel makes them: recorded, applied at once, taken back."""

import pytest

from horuslib.core.errors import UserError
from horuslib.review.panel.turn_state import corrected, load_turn_state
from horuslib.speakers.corrections import Correction, ledger_path
from horuslib.tasks import load_speakers_task
from tests.reviewed_turns import TURNS, make_turns


@pytest.fixture
def state(tmp_path):
    task = load_speakers_task("speakers")
    return load_turn_state(task, make_turns(task, tmp_path))


def test_turns_are_those_found_until_they_are_corrected(state):
    assert state.turns("talk.wav") == (list(TURNS), [])
    state.correct("talk.wav", Correction("rename", 1, name="Ana"))
    assert [turn.speaker for turn in state.turns("talk.wav")[0]] == ["Ana", "S02", "Ana", "S03"]
    assert [turn.speaker for turn in state.turns("over.wav")[0]] == ["S01", "S02"], "another recording's S01"
    found, applied, problems = corrected(state)
    assert (found["talk.wav"].speakers, applied, problems) == (["Ana", "S02", "S03"], 1, [])
    assert state.undo("talk.wav").name == "Ana"
    assert state.turns("talk.wav")[0] == list(TURNS)
    assert state.undo("talk.wav") is None


def test_what_changes_nothing_is_not_recorded(state):
    with pytest.raises(UserError, match="finds nobody there"):
        state.correct("talk.wav", Correction("rename", 11.9, name="Ana"))
    with pytest.raises(UserError, match="so already"):
        state.correct("talk.wav", Correction("split", 0.5, 4.0, "S01"))
    with pytest.raises(UserError, match="needs the name"):
        state.correct("talk.wav", Correction("rename", 1))
    assert not ledger_path(state.paths).exists()


def test_a_card_has_a_second_of_sound_on_either_side(state):
    assert state.excerpt("talk.wav", TURNS[1]) == (3.0, 8.0)
    assert state.excerpt("talk.wav", TURNS[0])[0] == 0.0
    html = state.card("talk.wav", TURNS[1])
    assert "S02, 4.0 to 7.0 s, confidence 0.60" in html and "<audio" in html


def test_nothing_to_review_is_a_clear_error(tmp_path):
    from horuslib.core.paths import Paths

    with pytest.raises(UserError, match="03_diarization of task speakers has not run yet"):
        load_turn_state(load_speakers_task("speakers"), Paths(root=tmp_path))
