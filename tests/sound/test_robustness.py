"""What is no fault stays within what is no fault."""

import numpy as np
import pytest

from horuslib.sound import levels
from horuslib.sound.robustness import AddFaintNoise, AddLittleRoom, CodecRoundTrip, Compress
from tests.conftest import noise, syllables, tone


def test_faint_noise_stays_30_db_under_the_programme(rng):
    x = syllables(rng, level_dbfs=-23)
    for seed in range(10):
        added = AddFaintNoise(seed=seed)(x, 16000) - x
        assert 30 < levels.active_dbfs(x, 16000) - levels.rms_dbfs(added) < 56


def test_a_little_room_is_short_and_clear():
    click = np.zeros(32000, np.float32)
    click[0] = 1
    for seed in range(10):
        response = AddLittleRoom(running_share=0.0, seed=seed)(click, 16000)
        assert levels.rt60_s(response, 16000) < 0.5
        assert levels.c50_db(response, 16000) >= 14.9


def test_a_little_room_is_clear_whatever_its_direct_sound():
    """With as little direct sound as -10 dB most rooms of 0.4 s blur; those are drawn again."""
    click = np.zeros(32000, np.float32)
    click[0] = 1
    for seed in range(10):
        response = AddLittleRoom(0.3, 0.4, -10, 8, running_share=0.0, seed=seed)(click, 16000)
        assert levels.c50_db(response, 16000) >= 14.9


def test_compression_squeezes_and_keeps_the_level():
    """A 20 dB step comes out smaller, the RMS level as it was; what lies under the threshold keeps its shape."""
    x = np.concatenate([tone(2, level_dbfs=-40), tone(2, level_dbfs=-20)])
    y = Compress(-6, -6, 3, 3)(x, 16000)
    step_db = levels.rms_dbfs(y[40000:60000]) - levels.rms_dbfs(y[8000:24000])
    assert step_db == pytest.approx(20 - 6 * (1 - 1 / 3), abs=0.3)
    assert levels.rms(y) == pytest.approx(levels.rms(x), rel=1e-3)
    quiet = slice(8000, 24000)
    assert np.corrcoef(x[quiet], y[quiet])[0, 1] > 0.9999


def test_compression_leaves_silence_alone():
    assert not Compress()(np.zeros(16000, np.float32), 16000).any()


def test_a_codec_leaves_a_tone_pure_in_place_and_as_loud():
    x = tone(level_dbfs=-20)
    for seed in range(4):
        codec = CodecRoundTrip(seed=seed)
        y = codec(x, 16000)
        assert codec.parameters["codec"] in ("aac", "mp3")
        assert len(y) == len(x)
        assert levels.tone_share(y, 16000) > 0.99
        assert levels.rms_dbfs(y) == pytest.approx(-20, abs=0.5), "LAME takes 0.45 dB off"
        assert not np.array_equal(y, x)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AddFaintNoise(10, 40), "faint noise goes from 10 to 40"),
        (lambda: AddLittleRoom(0.2, 0.9), "RT60 of a little room goes from 0.2 to 0.9"),
        (lambda: Compress(min_ratio=0.5), "ratio goes from 0.5"),
        (lambda: CodecRoundTrip(codecs=()), "at least one codec"),
    ],
)
def test_constructors_check_what_they_are_given(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_seeds_decide_everything(rng):
    x = noise(rng)
    for transform in (AddFaintNoise, AddLittleRoom, Compress, CodecRoundTrip):
        assert np.array_equal(transform(seed=3)(x, 16000), transform(seed=3)(x, 16000))
