"""Frames and regions of speech of one side, and what is said where nobody speaks."""

import numpy as np
import pytest

from horuslib.audio.encode import write_wav
from horuslib.speakers.front_end import mfcc
from horuslib.speakers.front_end.side import NoSpeech, analyse
from tests.conftest import noise, tone
from tests.speakers.conftest import needs_voices


@needs_voices
def test_frames_and_regions_are_of_the_whole_recording(talk):
    path, samples, turns = talk
    side = analyse(path)
    assert side.duration_s == pytest.approx(len(samples) / 16000)
    assert len(side.log_mel) == pytest.approx(side.duration_s / mfcc.FRAME_S, abs=2)
    assert side.speech_s == pytest.approx(sum(t.seconds for t in turns), rel=0.15)
    assert side.spans.max() <= len(side.log_mel)


def test_less_than_a_second_is_said(tmp_path):
    with pytest.raises(NoSpeech, match=r"short.wav lasts 0.50 s"):
        analyse(write_wav(tmp_path / "short.wav", tone(0.5), 16000), detector="energy")


@needs_voices
@pytest.mark.parametrize("make", [tone, lambda s: noise(np.random.default_rng(0), s), lambda s: np.zeros(16000 * s)])
def test_no_speech_is_said(tmp_path, make):
    with pytest.raises(NoSpeech, match=r"x.wav: nobody speaks in its 6 s"):
        analyse(write_wav(tmp_path / "x.wav", np.asarray(make(6), np.float32), 16000))
