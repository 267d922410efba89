"""Where speech is found, and how it is cut for the model."""

import numpy as np
import pytest

from horuslib.speech.chunks import LONGEST_S, RATE_HZ, grouped, speech_chunks, speech_regions
from horuslib.synthesis.music import music
from tests.conftest import noise, tone
from tests.speech.voice import say

pytest.importorskip("faster_whisper")


@pytest.mark.parametrize(
    "sound",
    [
        lambda rng: np.zeros(5 * RATE_HZ, np.float32),
        lambda rng: tone(5, RATE_HZ, 60.0) + tone(5, RATE_HZ, 120.0, -26),
        lambda rng: noise(rng, 5, RATE_HZ, -30),
        lambda rng: np.asarray(music(rng, 8, RATE_HZ, "bed"), np.float32),
    ],
    ids=["silence", "hum", "noise", "music"],
)
def test_no_speech_is_found_where_nobody_speaks(sound, rng):
    assert speech_regions(sound(rng)) == []


@pytest.mark.parametrize("word", ["sim", "não", "bom dia"])
def test_a_short_word_is_found(word):
    sound = say(word)
    ((start_s, end_s),) = speech_regions(sound)
    assert end_s - start_s > 0.5 * len(sound) / RATE_HZ


def test_regions_that_fit_are_one_chunk_and_a_long_pause_ends_it():
    assert grouped([(0, 5), (6, 10), (13, 14)]) == [[(0, 5), (6, 10)], [(13, 14)]]
    assert grouped([(0, 20), (20.5, 29.6)]) == [[(0, 20)], [(20.5, 29.6)]]
    assert all(group[-1][1] - group[0][0] <= LONGEST_S for group in grouped([(k, k + 0.9) for k in range(100)]))


def test_chunks_of_a_stream_are_those_of_the_whole():
    voice, pause = say("a reunião começa às nove horas"), np.zeros(3 * RATE_HZ, np.float32)
    sound = np.concatenate([voice, pause] * 6)
    (whole,) = [list(speech_chunks([sound]))]
    size = len(voice) // 2 + 2 * RATE_HZ  # cuts a voice in the middle
    streamed = list(speech_chunks(sound[k : k + size] for k in range(0, len(sound), size)))
    assert len(whole) == len(streamed) == 6
    for a, b in zip(whole, streamed, strict=True):
        assert a.start_s == pytest.approx(b.start_s, abs=0.1)
        assert a.end_s == pytest.approx(b.end_s, abs=0.1)
        first = round(b.start_s * RATE_HZ)
        np.testing.assert_array_equal(b.samples, sound[first : first + len(b.samples)])
