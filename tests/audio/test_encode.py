"""Encoding preserves level, alignment and length, and its output can be decoded."""

import io

import av
import numpy as np
import pytest
import soundfile

from horuslib.audio import encode
from tests.conftest import noise, syllables, tone


def level_db(x):
    return 10 * np.log10(np.mean(np.square(x)))


def lag(x, y):
    """Delay of y relative to x in samples, by cross-correlation."""
    size = 2 ** int(np.ceil(np.log2(2 * len(x))))
    correlation = np.fft.irfft(np.fft.rfft(y, size) * np.conj(np.fft.rfft(x, size)))
    best = int(np.argmax(correlation))
    return best if best < size // 2 else best - size


def decoded_mono(source):
    with av.open(source) as container:
        return np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])


@pytest.mark.parametrize("codec", ["aac", "mp3", "opus"])
@pytest.mark.parametrize("sample_rate_hz", [16000, 22050, 48000])
def test_round_trip_keeps_level_alignment_and_length(rng, codec, sample_rate_hz):
    x = syllables(rng, 2.3, sample_rate_hz) + noise(rng, 2.3, sample_rate_hz, -50)
    y = encode.round_trip(x, sample_rate_hz, codec, 64000)
    assert y.shape == x.shape
    assert y.dtype == np.float32
    assert abs(lag(x, y)) <= 1
    assert level_db(y) == pytest.approx(level_db(x), abs=0.5)
    assert not np.array_equal(x, y), "a lossy codec changes the samples"


def test_round_trip_keeps_channels_apart():
    x = np.stack([tone(1, 48000, 500), tone(1, 48000, 3000)], axis=1)
    y = encode.round_trip(x, 48000, "aac", 96000)
    assert y.shape == x.shape
    for channel, frequency_hz in enumerate((500, 3000)):
        assert np.argmax(np.abs(np.fft.rfft(y[:, channel]))) == frequency_hz


def test_round_trip_refuses_an_unknown_codec():
    with pytest.raises(ValueError, match=r"'flac'.*aac, mp3, opus"):
        encode.round_trip(tone(0.5), 16000, "flac")


def test_wav_keeps_true_level_and_clips(tmp_path):
    x = np.array([0.0, 0.25, -0.5, 1.5, -2.0], np.float32)
    path = encode.write_wav(tmp_path / "a" / "x.wav", x, 16000)
    y, sample_rate_hz = soundfile.read(path)
    assert sample_rate_hz == 16000
    np.testing.assert_allclose(y, [0, 0.25, -0.5, 1, -1], atol=2**-15)
    assert [p.name for p in path.parent.iterdir()] == ["x.wav"], "no partial files remain"


def test_compressed_is_small_and_decodes(rng):
    x = syllables(rng, 5.0)
    content, mime = encode.compressed(x, 16000)
    assert mime == "audio/webm"
    assert len(content) < 30000
    y = decoded_mono(io.BytesIO(content))
    assert len(y) / 48000 == pytest.approx(5.0, abs=0.03)
    assert level_db(y) == pytest.approx(level_db(x), abs=0.5)


def test_video_holds_picture_and_sound_and_is_repeatable(tmp_path):
    x = np.stack([tone(2, 48000, 440)] * 2, axis=1)
    frames = [np.full((90, 160, 3), shade, np.uint8) for shade in range(0, 200, 20)]
    path = encode.write_video(tmp_path / "v.mp4", x, 48000, iter(frames), 5)
    again = encode.write_video(tmp_path / "w.mp4", x, 48000, iter(frames), 5)
    assert path.read_bytes() == again.read_bytes()
    with av.open(path) as container:
        assert container.streams.audio[0].codec.name == "aac"
        assert container.streams.audio[0].channels == 2
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert [p.shape for p in pictures] == [(90, 160, 3)] * 10
    assert pictures[-1].mean() - pictures[0].mean() == pytest.approx(180, abs=10)
    y = decoded_mono(path)
    assert len(y) / 48000 == pytest.approx(2.0, abs=0.03)
    assert level_db(y) == pytest.approx(level_db(x[:, 0]), abs=0.5)


def test_more_than_two_channels_are_refused():
    with pytest.raises(ValueError, match="not 6"):
        encode.compressed(np.zeros((1600, 6)), 16000)
