"""Whole recordings: dialogues, one speaker in changing conditions, calls."""

import numpy as np
import pytest
from scipy import signal

from horuslib.audio.encode import write_wav
from horuslib.core.errors import UserError
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


@pytest.fixture(scope="module")
def call(talk, tmp_path_factory):
    """Two people on the first channel, and a second of one of them on the second, at the end."""
    x = talk[1]
    other = np.zeros_like(x)
    second = next(turn for turn in talk[2] if turn.seconds > 1.5)
    cut = x[round(second.start_s * 16000) :][: round(1.2 * 16000)]
    other = np.r_[other, np.zeros(8000), cut, np.zeros(8000)].astype(np.float32)
    sides = np.stack([np.r_[x, np.zeros(len(other) - len(x))], other], axis=1)
    return write_wav(tmp_path_factory.mktemp("call") / "call.wav", sides, 16000)


@pytest.mark.parametrize(
    ("number", "found"), [(Number(2), 2), (Number(3), 3), (Number(5), 5), (Number(4, least=4), 4), (Number(most=2), 2)]
)
def test_the_number_holds_for_the_sides_of_a_call_together(call, number, found):
    turns = diarize(call, Settings(number=number, channels="split")).turns
    assert len({turn.speaker for turn in turns}) == found
    assert {turn.channel for turn in turns} == {1, 2}


def test_fewer_speakers_than_sides_are_found_in_the_mix_or_refused(call):
    found = diarize(call, Settings(number=Number(1)))
    assert found.speakers == ["S01"]
    assert "Fewer speakers than sides are asked for: the sides are mixed." in found.notes[0]
    with pytest.raises(UserError, match="2 sides speak, more than 1"):
        diarize(call, Settings(number=Number(1), channels="split"))


def test_more_speakers_than_both_sides_have_windows_is_said(call):
    with pytest.raises(UserError, match=r"too few for 500 speakers"):
        diarize(call, Settings(number=Number(500)))


def test_one_speaker_is_more_sure_than_not(monologue):
    found = diarize(monologue[0])
    assert min(turn.confidence for turn in found.turns) > 0.5
    assert {turn.confidence for turn in diarize(monologue[0], Settings(number=Number(1))).turns} == {1.0}


def test_how_sure_the_number_is_is_a_range(talk):
    least, most = diarize(talk[0]).plausible
    assert 1 <= least <= 2 <= most
    assert diarize(talk[0], Settings(number=Number(3))).plausible == (3, 3)


def test_no_speech_on_either_side_is_said(tmp_path):
    x = noise(np.random.default_rng(1), 5)
    with pytest.raises(NoSpeech, match="nobody speaks"):
        diarize(write_wav(tmp_path / "x.wav", np.stack([x, x[::-1]], axis=1), 16000), Settings(channels="split"))


def test_the_same_recording_gives_the_same_turns(talk):
    assert diarize(talk[0]).turns == diarize(talk[0]).turns
