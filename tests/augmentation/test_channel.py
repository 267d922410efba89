"""Channel effects preserve alignment, level and class of a sound."""

import numpy as np
import pytest

from horuslib.audio import levels
from horuslib.augmentation.channel import CodecRoundTrip, Compress, LowRate, NarrowLine
from tests.conftest import noise, tone


def test_compression_reduces_dynamics_and_keeps_the_level():
    """A 20 dB step is reduced, the RMS level preserved; sound below the threshold keeps its waveform."""
    x = np.concatenate([tone(2, level_dbfs=-40), tone(2, level_dbfs=-20)])
    y = Compress(-6, -6, 3, 3)(x, 16000)
    step_db = levels.rms_dbfs(y[40000:60000]) - levels.rms_dbfs(y[8000:24000])
    assert step_db == pytest.approx(20 - 6 * (1 - 1 / 3), abs=0.3)
    assert levels.rms(y) == pytest.approx(levels.rms(x), rel=1e-3)
    quiet = slice(8000, 24000)
    assert np.corrcoef(x[quiet], y[quiet])[0, 1] > 0.9999


def test_compression_of_silence_is_silence():
    assert not Compress()(np.zeros(16000, np.float32), 16000).any()


def test_a_codec_preserves_a_tones_purity_and_level():
    x = tone(level_dbfs=-20)
    for seed in range(4):
        codec = CodecRoundTrip(seed=seed)
        y = codec(x, 16000)
        assert codec.parameters["codec"] in ("aac", "mp3")
        assert len(y) == len(x)
        assert levels.tone_share(y, 16000) > 0.99
        assert levels.rms_dbfs(y) == pytest.approx(-20, abs=0.01)
        assert not np.array_equal(y, x)


@pytest.mark.parametrize("rate", [16000, 22050, 48000])
@pytest.mark.parametrize("codec", ["aac", "mp3"])
def test_a_codec_adds_no_delay(rng, codec, rate):
    """The cross-correlation of input and output, clicks in noise, has its maximum at lag zero."""
    x = noise(rng, 3.0, rate, -40)
    x[rng.integers(0, len(x), 9)] += 0.5
    y = CodecRoundTrip((codec,), (64000,), seed=1)(x, rate)
    correlation = np.fft.irfft(np.conj(np.fft.rfft(x)) * np.fft.rfft(y))
    assert np.argmax(correlation) == 0


def test_silence_through_a_codec_is_silence():
    assert not CodecRoundTrip(seed=0)(np.zeros(16000, np.float32), 16000).any()


@pytest.mark.parametrize("rate_hz", [8000, 11025])
@pytest.mark.parametrize("rate", [16000, 22050])
def test_a_low_rate_removes_the_band_above_half_of_it(rng, rate, rate_hz):
    x = noise(rng, sample_rate_hz=rate)
    y = LowRate((rate_hz,), seed=0)(x, rate)
    assert y.shape == x.shape and y.dtype == np.float32
    power = np.abs(np.fft.rfft(y)) ** 2
    edge = round(5 * rate_hz / 2)
    assert power[round(1.02 * edge) :].sum() < 1e-4 * power.sum()
    kept = np.fft.irfft(np.fft.rfft(x) * (np.arange(len(power)) < 0.85 * edge))
    found = np.fft.irfft(np.fft.rfft(y) * (np.arange(len(power)) < 0.85 * edge))
    assert levels.rms_dbfs(kept - found) < levels.rms_dbfs(kept) - 40, "aligned, and unchanged below"


def test_a_rate_that_is_no_lower_changes_nothing(rng):
    x = noise(rng)
    assert np.array_equal(LowRate((22050,), seed=0)(x, 16000), x)


def test_a_narrow_line_is_a_band_pass_of_unchanged_level(rng):
    x = noise(rng)
    for seed in range(5):
        y = NarrowLine(seed=seed)(x, 16000)
        power = np.abs(np.fft.rfft(y)) ** 2
        assert power[5 * 180 : 5 * 4500].sum() > 0.95 * power.sum()
        assert levels.rms_dbfs(y) == pytest.approx(levels.rms_dbfs(x), abs=0.01)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Compress(min_ratio=0.5), "ratio goes from 0.5"),
        (lambda: CodecRoundTrip(codecs=()), "at least one codec"),
        (lambda: LowRate((1000, 8000)), r"rates_hz are \(1000, 8000\)"),
    ],
)
def test_constructors_check_what_they_are_given(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_transforms_are_reproducible_from_their_seed(rng):
    x = noise(rng)
    for transform in (Compress, CodecRoundTrip, LowRate, NarrowLine):
        assert np.array_equal(transform(seed=3)(x, 16000), transform(seed=3)(x, 16000))
