"""The front end equals librosa's and cannot lose absolute level."""

import librosa
import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from horuslib.sound.features import segment_to_input, segments_to_inputs
from tests.conftest import noise, syllables, tone


def as_seed_5_writes_it(samples, front_end):
    """The same picture by librosa's own calls and scipy's interpolation at half-pixel centres."""
    y = np.zeros(front_end.segment_samples, np.float32)
    y[: len(samples)] = samples[: len(y)]
    mel = librosa.feature.melspectrogram(
        y=y, sr=front_end.sample_rate_hz, n_mels=128, n_fft=2048, hop_length=512, fmax=8000
    )
    scaled = (np.clip(librosa.power_to_db(mel, ref=1.0, top_db=80), -80, 80) + 80) / 160
    rows, columns = ((np.arange(128) + 0.5) * n / 128 - 0.5 for n in scaled.shape)
    return map_coordinates(scaled.astype(float), np.meshgrid(rows, columns, indexing="ij"), order=1, mode="nearest")


@pytest.mark.parametrize("task_name", ["horus", "heimdall"])
def test_equals_librosa(task_name, request, rng):
    front_end = request.getfixturevalue(task_name).front_end
    rate, seconds = front_end.sample_rate_hz, front_end.segment_s
    segments = [
        tone(seconds, rate),
        noise(rng, seconds, rate, -75),
        syllables(rng, seconds, rate, -23),
        np.zeros(front_end.segment_samples, np.float32),
        syllables(rng, seconds / 2, rate),
        noise(rng, seconds * 1.5, rate),
    ]
    pictures = segments_to_inputs(segments, front_end)
    assert pictures.shape == (6, 128, 128, 1)
    assert pictures.dtype == np.float32
    for samples, picture in zip(segments, pictures, strict=True):
        np.testing.assert_allclose(picture[..., 0], as_seed_5_writes_it(samples, front_end), atol=1e-5)


def test_a_batch_is_its_segments_one_by_one(horus, rng):
    segments = [noise(rng, level_dbfs=level) for level in np.linspace(-70, -10, 21)]
    alone = np.stack([segment_to_input(s, horus.front_end) for s in segments])
    np.testing.assert_allclose(segments_to_inputs(segments, horus.front_end), alone, atol=1e-6)


def test_level_stays_visible(horus, rng):
    """20 dB less sound is 20 dB less in the picture: 20/160 of its range."""
    loud = noise(rng, level_dbfs=-20)
    difference = segment_to_input(loud, horus.front_end) - segment_to_input(0.1 * loud, horus.front_end)
    np.testing.assert_allclose(difference, 20 / 160, atol=1e-4)


def test_low_bands_come_first(horus):
    rows = [segment_to_input(tone(frequency_hz=f), horus.front_end).mean((1, 2)).argmax() for f in (200, 1000, 4000)]
    assert rows == sorted(rows)
    assert rows[0] < 16 < rows[1] < 64 < rows[2]


def test_no_segments_give_no_pictures(horus):
    assert segments_to_inputs([], horus.front_end).shape == (0, 128, 128, 1)


def test_stereo_is_refused(horus):
    with pytest.raises(ValueError, match=r"mono.*\(80000, 2\)"):
        segment_to_input(np.zeros((80000, 2), np.float32), horus.front_end)
