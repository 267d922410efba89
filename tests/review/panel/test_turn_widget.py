"""The panel of turns without a browser: what it shows, records and refuses."""

import pytest

from horuslib.core.paths import Paths
from horuslib.review.panel.turn_widget import turn_panel
from horuslib.speakers.corrections import standing
from horuslib.tasks import load_speakers_task
from tests.reviewed_turns import make_turns


@pytest.fixture
def panel(tmp_path, monkeypatch):
    monkeypatch.setenv("HORUS_ROOT", str(tmp_path))
    task = load_speakers_task("speakers")
    make_turns(task, tmp_path)
    return turn_panel(task)


def ask(panel, do, **what):
    panel._handle_custom_msg({"do": do, **what}, [])


def shown(panel):
    return [tuple(turn[:3]) for turn in panel.view["turns"]]


def recorded():
    return [correction for own in standing(Paths())[0].values() for correction in own]


def test_it_opens_the_first_turn_and_moves(panel):
    assert panel.setup["recordings"] == ["talk.wav", "over.wav"]
    assert panel.view["at"] == 0 and "S01, 0.5 to 4.0 s" in panel.card
    ask(panel, "move", by=1)
    assert "S02, 4.0 to 7.0 s" in panel.card
    ask(panel, "move", by=99)
    assert panel.view["at"] == 3
    ask(panel, "recording", name="over.wav")
    assert shown(panel) == [(1.0, 5.0, "S01"), (2.0, 3.0, "S02")]
    ask(panel, "recording", name="other.wav")
    assert panel.status == "There is no recording 'other.wav'."


def test_a_speaker_is_renamed_merged_and_restored(panel):
    ask(panel, "rename", name="Ana")
    assert [speaker["name"] for speaker in panel.view["speakers"]] == ["Ana", "S02", "S03"]
    ask(panel, "turn_to", at=1)
    ask(panel, "merge", other="Ana")
    assert {turn[2] for turn in shown(panel)} == {"S02", "S03"}
    assert panel.view["corrections"] == ["who speaks at 2.2 s is Ana", "who speaks at 5.5 s and at 2.2 s is one person"]
    ask(panel, "undo")
    ask(panel, "undo")
    assert [turn[2] for turn in shown(panel)] == ["S01", "S02", "S01", "S03"]
    ask(panel, "undo")
    assert panel.status == "There is no correction of this recording to undo."
    assert recorded() == []


def test_a_boundary_is_moved_with_its_neighbour(panel):
    ask(panel, "turn_to", at=1)
    ask(panel, "boundary", edge="start", to_s=4.5)
    assert shown(panel)[:2] == [(0.5, 4.5, "S01"), (4.5, 7.0, "S02")]
    ask(panel, "boundary", edge="end", to_s=30)
    assert panel.status == "The end of this turn can be moved to a time between 4.50 and 12.00 s."


def test_a_turn_is_given_away_or_split(panel):
    ask(panel, "turn_to", at=1)
    ask(panel, "give", name="S03")
    assert shown(panel)[1] == (4.0, 7.0, "S03")
    ask(panel, "split", start_s=6, end_s=99, name="Rui")
    assert shown(panel)[1:3] == [(4.0, 6.0, "S03"), (6.0, 7.0, "Rui")]
    assert "Rui" in panel.card, "the part that was split off is open"


def test_who_never_speaks_alone_cannot_be_named(panel):
    ask(panel, "recording", name="over.wav")
    ask(panel, "move", by=1)
    ask(panel, "rename", name="Eva")
    assert panel.status.startswith("S02 never speaks alone")
    assert recorded() == []


def test_the_browser_may_ask_for_nothing_else(panel, caplog):
    ask(panel, "_show")
    assert "no method '_show'" in caplog.text
