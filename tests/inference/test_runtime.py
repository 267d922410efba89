"""TensorFlow Lite gives the same probabilities as Keras."""

import numpy as np
import pytest

from horuslib.audio.features import segments_to_inputs
from horuslib.audio.media import read_audio
from horuslib.export.bundle import write_bundle
from horuslib.inference.detector import Detector
from horuslib.inference.runtime import LiteModel
from horuslib.training.model import build_model
from tests.conftest import noise, syllables, tone


@pytest.fixture(scope="module")
def sharp_package(horus, tmp_path_factory):
    """The real network with random weights, and a temperature that spreads its probabilities over 0..1."""
    import keras

    keras.utils.set_random_seed(3)
    folder = tmp_path_factory.mktemp("sharp")
    build_model(horus).save(folder / "trained.keras")
    limits = {label: 0.6 for label in horus.faults}
    return write_bundle(folder / "export", horus, folder / "trained.keras", {"temperature": 1e-5}, limits, {}, {})


def model_inputs(videos, horus):
    """Model inputs of ten seconds of some videos and of synthetic sound."""
    rng, front = np.random.default_rng(1), horus.front_end
    sounds = [read_audio(video, front.sample_rate_hz).samples[:160_000] for video in videos[::8]]
    halves = [half for sound in sounds for half in np.array_split(sound, 2)]
    return segments_to_inputs([tone(), noise(rng), syllables(rng), np.zeros(10), *halves], front)


@pytest.mark.slow
def loaded(package, runtime):
    """The detector of a package, whatever the environment of who runs the test."""
    return Detector.load(package, runtime=runtime, environment={}, dotenv=package / "absent.env")


@pytest.mark.slow
def test_both_runtimes_give_the_same_probabilities(sharp_package, videos, horus):
    lite, keras = (loaded(sharp_package, runtime).probabilities for runtime in ("auto", "keras"))
    assert isinstance(lite, LiteModel)
    shown = model_inputs(videos, horus)
    expected = keras(shown)
    assert expected.max(axis=1).mean() > 0.5 and len(shown) > 10
    assert np.abs(lite(shown) - expected).max() < 0.001


@pytest.mark.slow
def test_no_inputs_give_no_probabilities(sharp_package):
    for runtime in ("auto", "keras"):
        assert loaded(sharp_package, runtime).probabilities(np.zeros((0, 128, 128, 1))).shape == (0, 6)
