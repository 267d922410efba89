"""Generated conversations are what their turns say."""

import itertools

import numpy as np

from horuslib.speakers.conversation import Setting, conversation
from horuslib.speech.turns import speakers_of
from tests.speakers.conftest import MAN, WOMAN, needs_voices


@needs_voices
def test_sound_is_where_the_turns_are(talk):
    _, samples, turns = talk
    t = np.arange(len(samples)) / 16000
    speech = np.any([(t >= x.start_s) & (t < x.end_s) for x in turns], axis=0)
    quiet = ~np.any([(t >= x.start_s - 0.1) & (t < x.end_s + 0.4) for x in turns], axis=0)
    assert 10 * np.log10(np.mean(samples[speech] ** 2) / np.mean(samples[quiet] ** 2)) > 20
    assert speakers_of(turns) == ["A", "B"]


@needs_voices
def test_overlap_is_asked_for():
    _, turns = conversation(np.random.default_rng(1), [MAN, WOMAN], 15, Setting(overlap=1.0, sentences_per_turn=1))
    assert sum(a.end_s > b.start_s for a, b in itertools.pairwise(turns)) >= len(turns) // 2
