"""Whole recordings: dialogues, one speaker in changing conditions, calls."""

import numpy as np
import pytest
from scipy import signal

from horuslib.audio.encode import write_wav
from horuslib.speakers.clusters.number import Number
from horuslib.speakers.diarize import Settings, diarize
from horuslib.speakers.front_end.side import NoSpeech
from horuslib.speakers.score import score
from tests.conftest import noise
from tests.speakers.conftest import needs_metrics, needs_voices

pytestmark = needs_voices


@needs_metrics
@pytest.mark.parametrize("clustering", ["agglomerative", "spectral"])
def test_a_dialogue_is_two_people_who_speak_when_they_do(talk, clustering):
    path, _, turns = talk
    found = diarize(path, Settings(clustering=clustering))
    assert found.speakers == ["S01", "S02"]
    assert score({"talk": turns}, {"talk": found.turns}).total.der[0] < 0.15
    assert all(0 <= turn.confidence <= 1 for turn in found.turns)
    assert set(found.vectors) == {"S01", "S02"}


def room_tone_first(x):
    return np.r_[noise(np.random.default_rng(0), 40, level_dbfs=-50), x]


def telephone_half_way(x):
    half, sos = len(x) // 2, signal.butter(6, [300, 3400], "bandpass", fs=16000, output="sos")
    return np.r_[x[:half], signal.sosfilt(sos, x[half:])]


def lower_half_way(x):
    return np.r_[x[: len(x) // 2], x[len(x) // 2 :] * 10 ** (-14 / 20)]


@pytest.mark.parametrize("change", [np.asarray, room_tone_first, telephone_half_way, lower_half_way])
def test_one_person_is_one_person(monologue, tmp_path, change):
    path = write_wav(tmp_path / "x.wav", change(monologue[1]).astype(np.float32), 16000)
    assert diarize(path).speakers == ["S01"]


@pytest.mark.parametrize("n", [1, 3, 5])
def test_the_number_is_honoured(talk, n):
    assert len(diarize(talk[0], Settings(number=Number(n))).speakers) == n


def test_the_sides_of_a_call_are_speakers_of_their_own(talk, monologue, tmp_path):
    a, b = (x[1][: 20 * 8000 * 2] for x in (talk, monologue))
    turn = (np.arange(len(a)) // 40000) % 2 == 0
    call = np.stack([np.where(turn, a, 0), np.where(turn, 0, b)], axis=1)
    found = diarize(write_wav(tmp_path / "call.wav", call, 16000))
    by_channel = {c: {t.speaker for t in found.turns if t.channel == c} for c in (1, 2)}
    assert not by_channel[1] & by_channel[2]
    assert by_channel[1] and by_channel[2]
    assert "a call with a side on each" in found.notes[0]


def test_no_speech_on_either_side_is_said(tmp_path):
    x = noise(np.random.default_rng(1), 5)
    with pytest.raises(NoSpeech, match="nobody speaks"):
        diarize(write_wav(tmp_path / "x.wav", np.stack([x, x[::-1]], axis=1), 16000), Settings(channels="split"))


def test_the_same_recording_gives_the_same_turns(talk):
    assert diarize(talk[0]).turns == diarize(talk[0]).turns
