"""Which channels are diarized apart, and that a stream is the whole sound."""

import numpy as np
import pytest

from horuslib.audio.encode import write_wav
from horuslib.audio.track import MediaError
from horuslib.speakers.front_end.sound import RATE_HZ, sides_of, stream
from tests.conftest import noise, syllables, tone


def sides(rng, seconds=20):
    """Two people on a call: each is silent while the other speaks."""
    a, b = (syllables(rng, seconds, 8000) for _ in range(2))
    turn = (np.arange(len(a)) // 16000) % 2 == 0
    return np.stack([np.where(turn, a, 0), np.where(turn, 0, b)], axis=1) + noise(rng, seconds, 8000, -60)[:, None]


def test_a_call_with_a_side_on_each_channel_is_split(rng, tmp_path):
    found = sides_of(write_wav(tmp_path / "call.wav", sides(rng), 8000))
    assert found.channels == (0, 1)
    assert "a call with a side on each" in found.reason


def test_a_stereo_programme_is_mixed(rng, tmp_path):
    x = syllables(rng, 20)
    panned = np.stack([x, 0.6 * x], axis=1) + 0.001 * rng.standard_normal((len(x), 2))
    found = sides_of(write_wav(tmp_path / "stereo.wav", panned.astype(np.float32), RATE_HZ))
    assert found.channels == (None,)
    assert "one programme" in found.reason


def test_a_silent_channel_is_no_side(rng, tmp_path):
    x = syllables(rng, 5)
    path = write_wav(tmp_path / "half.wav", np.stack([x, np.zeros_like(x)], axis=1), RATE_HZ)
    assert sides_of(path).channels == (None,)


def test_the_user_has_the_last_word(rng, tmp_path):
    path = write_wav(tmp_path / "call.wav", sides(rng), 8000)
    assert sides_of(path, "mix").channels == (None,)
    x = syllables(rng, 5)
    path = write_wav(tmp_path / "same.wav", np.stack([x, x], axis=1), RATE_HZ)
    assert sides_of(path, "split").channels == (0, 1)


def test_a_channel_is_streamed_alone_and_whole(tmp_path):
    x = np.stack([tone(35, 8000, 440), tone(35, 8000, 1000, -40)], axis=1)
    path = write_wav(tmp_path / "two.wav", x, 8000)
    blocks = list(stream(path, 1))
    assert [len(b) for b in blocks[:-1]] == [30 * RATE_HZ]
    sound = np.concatenate(blocks)
    assert len(sound) == pytest.approx(35 * RATE_HZ, abs=200)
    assert 20 * np.log10(np.sqrt(np.mean(sound**2))) == pytest.approx(-40, abs=0.2)


def test_what_is_no_sound_is_said(tmp_path):
    (tmp_path / "x.wav").write_bytes(b"no sound at all")
    with pytest.raises(MediaError, match="cannot be opened"):
        list(stream(tmp_path / "x.wav"))
