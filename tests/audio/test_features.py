"""The front end equals librosa's and preserves absolute level."""

import librosa
import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from horuslib.audio.features import segment_to_input, segments_to_inputs, with_channels
from tests.conftest import noise, syllables, tone


def as_seed_5_writes_it(samples, front_end):
    """The same log-mel input by librosa's own calls and scipy's interpolation at half-pixel centres."""
    y = np.zeros(front_end.segment_samples, np.float32)
    y[: len(samples)] = samples[: len(y)]
    mel = librosa.feature.melspectrogram(
        y=y, sr=front_end.sample_rate_hz, n_mels=128, n_fft=2048, hop_length=512, fmax=8000
    )
    scaled = (np.clip(librosa.power_to_db(mel, ref=1.0, top_db=80), -80, 80) + 80) / 160
    rows, columns = ((np.arange(128) + 0.5) * n / 128 - 0.5 for n in scaled.shape)
    return map_coordinates(scaled.astype(float), np.meshgrid(rows, columns, indexing="ij"), order=1, mode="nearest")


@pytest.mark.slow
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
    inputs = segments_to_inputs(segments, front_end)
    assert inputs.shape == (6, 128, 128, 1)
    assert inputs.dtype == np.float32
    for samples, model_input in zip(segments, inputs, strict=True):
        np.testing.assert_allclose(model_input[..., 0], as_seed_5_writes_it(samples, front_end), atol=1e-5)


def test_a_batch_equals_its_segments_one_by_one(horus, rng):
    segments = [noise(rng, level_dbfs=level) for level in np.linspace(-70, -10, 21)]
    alone = np.stack([segment_to_input(s, horus.front_end) for s in segments])
    np.testing.assert_allclose(segments_to_inputs(segments, horus.front_end), alone, atol=1e-6)


def test_absolute_level_is_preserved(horus, rng):
    """20 dB attenuation lowers the model input by 20/160 of its range."""
    loud = noise(rng, level_dbfs=-20)
    difference = segment_to_input(loud, horus.front_end) - segment_to_input(0.1 * loud, horus.front_end)
    np.testing.assert_allclose(difference, 20 / 160, atol=1e-4)


def test_low_bands_come_first(horus):
    rows = [segment_to_input(tone(frequency_hz=f), horus.front_end).mean((1, 2)).argmax() for f in (200, 1000, 4000)]
    assert rows == sorted(rows)
    assert rows[0] < 16 < rows[1] < 64 < rows[2]


def test_no_segments_give_an_empty_array(horus):
    assert segments_to_inputs([], horus.front_end).shape == (0, 128, 128, 1)


def test_stereo_is_refused(horus):
    with pytest.raises(ValueError, match=r"mono.*\(80000, 2\)"):
        segment_to_input(np.zeros((80000, 2), np.float32), horus.front_end)


@pytest.fixture(scope="module")
def minmax160():
    from horuslib.tasks import load_task

    return load_task("horus_minmax160").front_end


@pytest.mark.slow
def test_minmax160_equals_librosa_and_pillow(minmax160, rng):
    """The model input of older installations, by librosa's and Pillow's calls; Pillow rounds to whole grey levels."""
    from PIL import Image

    segments = [tone(3), noise(rng, 3, level_dbfs=-75), syllables(rng, 3), syllables(rng, 1)]
    inputs = segments_to_inputs(segments, minmax160)
    assert inputs.shape == (4, 160, 160, 3) and inputs.dtype == np.float32
    for samples, model_input in zip(segments, inputs, strict=True):
        y = np.pad(samples, (0, 48000 - len(samples)))
        mel = librosa.feature.melspectrogram(y=y, sr=16000, n_mels=128, n_fft=2048, hop_length=512, fmax=8000)
        db = librosa.power_to_db(mel, ref=np.max)
        grey_levels = np.rint(255 * (db - db.min()) / (db.max() - db.min())).astype(np.uint8)
        wanted = np.asarray(Image.fromarray(grey_levels).resize((160, 160), Image.Resampling.BILINEAR), float)
        for channel in range(3):
            np.testing.assert_allclose(127.5 * model_input[..., channel] + 127.5, wanted, atol=1.01)


def test_minmax160_is_invariant_to_level(minmax160, rng):
    """Normalisation removes the level, grey levels included: 42 dB attenuation gives the same input."""
    loud = syllables(rng, 3, level_dbfs=-20)
    np.testing.assert_array_equal(segment_to_input(loud, minmax160), segment_to_input(loud / 128, minmax160))
    assert not minmax160.hears_level


def test_minmax160_of_silence_is_constant(minmax160):
    np.testing.assert_array_equal(segment_to_input(np.zeros(48000), minmax160), -np.ones((160, 160, 3)))


@pytest.mark.parametrize("task_name", ["horus", "horus_minmax160"])
def test_stored_spectrograms_are_expanded_to_all_channels(task_name, rng):
    from horuslib.tasks import load_task

    front_end = load_task(task_name).front_end
    inputs = segments_to_inputs([tone(), noise(rng)], front_end)
    stored = inputs[..., 0].astype(np.float16)
    np.testing.assert_allclose(with_channels(stored, front_end), inputs, atol=1e-3)
