"""Two cards per speaker: the surest turn and the least sure."""

import numpy as np

from horuslib.audio.encode import write_wav
from horuslib.review.cards.turn_cards import turn_cards
from horuslib.speakers.diarize import Diarization
from horuslib.speech.turns import Turn
from tests.conftest import tone


def test_the_surest_and_the_least_sure(tmp_path):
    path = write_wav(tmp_path / "a.wav", tone(12), 16000)
    turns = [Turn(0, 2, "S01", 0.9), Turn(3, 5, "S01", 0.2), Turn(6, 8, "S01", 0.5), Turn(9, 11, "S02", 0.7)]
    found = {"a.wav": Diarization("a.wav", turns, 12.0, 8.0, {"S01": np.ones(1), "S02": np.ones(1)})}
    html = turn_cards(found, {"a.wav": path}, 4)
    assert html.count("S01: surest, confidence 0.90") >= 1
    assert "S01: least sure, confidence 0.20" in html
    assert "confidence 0.50" not in html
    assert "S02: surest" in html and "S02: least sure" not in html
    assert html.count("<audio") == 3
