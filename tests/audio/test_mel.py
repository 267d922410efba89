import librosa
import numpy as np
import pytest

from horuslib.audio.mel import mel_filters, to_mel_bands

FRONT_ENDS = [
    (16000, 2048, 128, 8000.0),
    (22050, 2048, 128, 8000.0),
    (16000, 512, 40, 900.0),
    (48000, 2048, 100, 20000.0),
]


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "n_fft", "n_mels", "fmax"), FRONT_ENDS)
def test_the_filters_equal_librosas(rate, n_fft, n_mels, fmax):
    reference = librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=n_mels, fmax=fmax)
    assert mel_filters(rate, n_fft, n_mels, fmax) == pytest.approx(reference, rel=1e-6, abs=1e-10)


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_bands_are_the_filters_times_the_power(rng, front_end):
    power = rng.random((3, 7, front_end[1] // 2 + 1)).astype(np.float32)
    whole = np.einsum("bk,nfk->nfb", mel_filters(*front_end), power)
    assert to_mel_bands(power, *front_end) == pytest.approx(whole, rel=1e-5)
