"""Descriptors are what librosa and arithmetic give, and stay so through saving and TensorFlow Lite."""

import numpy as np
import pytest
import scipy.fft

from horuslib.audio.features import segments_to_inputs
from horuslib.synthesis.street.sirens import SIRENS
from horuslib.tasks import load_task
from horuslib.training.descriptors import BAND_GROUPS, CEPSTRA, MODULATION_HZ, describe

FRONT_END = load_task("sirens_small").front_end
SCALE_DB = FRONT_END.max_db - FRONT_END.min_db
HEIGHT, WIDTH, _ = FRONT_END.input_shape


@pytest.fixture(scope="module")
def described():
    """Function of model inputs: name of a layer -> its output."""
    import keras

    picture = keras.Input(FRONT_END.input_shape)
    outputs = describe(picture, FRONT_END.segment_s, SCALE_DB)
    model = keras.Model(picture, outputs)
    named = {name: keras.Model(picture, model.get_layer(name).output) for name in ("descriptors", "modulation")}
    return lambda inputs: {name: part.predict(inputs, verbose=0) for name, part in named.items()}


@pytest.fixture(scope="module")
def inputs():
    rng, rate = np.random.default_rng(0), FRONT_END.sample_rate_hz
    sounds = [SIRENS[name](rng, 10, rate) for name in ("wail", "yelp", "hi_lo")]
    return segments_to_inputs([*sounds, 0.1 * rng.standard_normal(10 * rate)], FRONT_END)


def test_cepstra_are_the_cosine_transform_of_the_decibels(described, inputs):
    db = inputs[..., 0] * SCALE_DB
    cepstra = scipy.fft.dct(db, axis=1, norm="ortho")[:, :CEPSTRA]
    wanted = np.concatenate([cepstra.mean(2), cepstra.std(2), np.diff(cepstra, axis=2).std(2)], axis=1)
    np.testing.assert_allclose(described(inputs)["descriptors"][:, : 3 * CEPSTRA], wanted, atol=0.02, rtol=1e-3)


def test_the_modulation_of_a_yelp_is_faster_than_that_of_a_wail(described, inputs):
    strength = described(inputs)["modulation"].reshape(len(inputs), BAND_GROUPS, len(MODULATION_HZ) - 1).max(axis=1)
    wail, yelp, hi_lo, _ = strength.argmax(axis=1)
    assert MODULATION_HZ[wail] < 0.5 <= MODULATION_HZ[hi_lo] <= 1.0 <= MODULATION_HZ[yelp]
    assert strength[3].max() < strength[:3].max(axis=1).min()


@pytest.mark.slow
def test_the_track_of_a_tone_stands_still_and_that_of_a_yelp_moves(described, inputs):
    rate = FRONT_END.sample_rate_hz
    still = segments_to_inputs([0.1 * np.sin(2 * np.pi * 1000 * np.arange(10 * rate) / rate)], FRONT_END)
    steps = [described(x)["descriptors"][:, -5] for x in (still, inputs[1:2])]
    assert steps[0] < 0.05 < 0.3 < steps[1]


@pytest.mark.slow
def test_a_network_with_descriptors_survives_saving_and_conversion(inputs, tmp_path):
    from horuslib.training.model import build_model
    from tests.training.survival import assert_survives

    assert_survives(build_model(load_task("sirens_small")), inputs, tmp_path, atol=1e-6, lite_atol=1e-4)


@pytest.mark.slow
def test_finer_inputs_are_averaged_first():
    """Twice the bands and four times the columns, each value repeated, have the same descriptors."""
    import keras

    coarse = np.random.default_rng(3).random((2, 64, 250, 1), dtype=np.float32)
    fine = coarse.repeat(2, axis=1).repeat(4, axis=2)
    found = []
    for inputs in (coarse, fine):
        picture = keras.Input(inputs.shape[1:])
        found.append(keras.Model(picture, describe(picture, 10.0, SCALE_DB)).predict(inputs, verbose=0))
    np.testing.assert_allclose(found[1], found[0], rtol=1e-3, atol=1e-3)
