import numpy as np

from horuslib.audio.features import segments_to_inputs
from horuslib.export.lite import lite_model
from horuslib.inference.detector import Detector
from tests.conftest import noise, syllables, tone
from tests.packages import toy_model, write_toy_package


def test_it_gives_the_same_probabilities(export, horus, rng):
    sounds = [tone(), noise(rng), syllables(rng), syllables(rng, level_dbfs=-50), np.zeros(80000)]
    inputs = segments_to_inputs(sounds, horus.front_end)
    nowhere = {"environment": {}, "dotenv": export / "absent.env"}
    keras, lite = (Detector.load(export, runtime=how, **nowhere) for how in ("keras", "auto"))
    assert type(keras.probabilities) is not type(lite.probabilities)
    np.testing.assert_allclose(lite.probabilities(inputs), keras.probabilities(inputs), atol=1e-5)


def test_the_same_model_gives_the_same_file(horus, capsys):
    model = toy_model(horus)
    assert lite_model(model) == lite_model(model)
    assert capsys.readouterr().out == ""


def test_three_channels_are_supported(tmp_path, rng):
    from horuslib.tasks import load_task

    task = load_task("horus_minmax160")
    package = write_toy_package(tmp_path / "export", task)
    detector = Detector.load(package, environment={}, dotenv=tmp_path / "absent.env")
    sounds = [tone(3), syllables(rng, 3) + noise(rng, 3, level_dbfs=-25), syllables(rng, 3)]
    shares = detector.probabilities(segments_to_inputs(sounds, task.front_end))
    assert [task.labels[k] for k in shares.argmax(axis=1)] == ["sinal_teste", "ruido_hiss", "normal"]
