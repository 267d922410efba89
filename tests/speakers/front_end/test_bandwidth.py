"""A change of line is noticed, and nothing else is taken for one."""

import numpy as np
from scipy import signal

from horuslib.speakers.front_end import mfcc
from horuslib.speakers.front_end.bandwidth import shared_bands
from tests.speakers.conftest import needs_voices


def telephone(x):
    return signal.sosfilt(signal.butter(6, mfcc.TELEPHONE_HZ, "bandpass", fs=16000, output="sos"), x)


def bands(x):
    frames = mfcc.LogMel().frames(np.asarray(x, np.float32))
    return shared_bands(frames, np.array([[0, len(frames)]]))


@needs_voices
def test_a_change_half_way_is_noticed(monologue):
    x, half = monologue[1], len(monologue[1]) // 2
    np.testing.assert_array_equal(bands(np.r_[x[:half], telephone(x[half:])]), mfcc.telephone_bands())


@needs_voices
def test_one_line_throughout_is_no_change(monologue):
    assert bands(monologue[1]) is None
    assert bands(telephone(monologue[1])) is None


@needs_voices
def test_lines_that_alternate_are_left_alone(monologue):
    x = monologue[1][: 24 * 16000]
    turn = (np.arange(len(x)) // (4 * 16000)) % 2 == 0
    assert bands(np.where(turn, x, telephone(x))) is None


def test_short_sound_says_nothing():
    assert shared_bands(np.zeros((50, mfcc.BANDS)), np.array([[0, 50]])) is None
