import json
import shutil

import numpy as np
import pytest

from horuslib.audio.features import segments_to_inputs
from horuslib.core.errors import UserError
from horuslib.inference.detector import LABELS, METADATA, MODEL, Detector
from tests.conftest import noise, tone


@pytest.fixture
def copy(package, tmp_path):
    return shutil.copytree(package, tmp_path / "copy")


def load(folder, thresholds=None):
    return Detector.load(folder, thresholds, environment={}, dotenv=folder / "absent.env")


def test_a_package_carries_its_task_and_thresholds(detector, horus):
    assert detector.task == horus
    assert detector.thresholds == {label: 0.6 for label in horus.faults}


def test_probabilities_follow_the_labels_order_in_any_number_of_batches(detector, horus, rng):
    sounds = [tone(), noise(rng)] * 40
    p = detector.probabilities(segments_to_inputs(sounds, horus.front_end))
    assert p.shape == (80, 6)
    assert p.sum(axis=1) == pytest.approx(np.ones(80))
    assert [horus.labels[k] for k in p.argmax(axis=1)] == ["sinal_teste", "ruido_hiss"] * 40


def test_no_pictures_give_no_probabilities(detector):
    assert detector.probabilities(np.zeros((0, 128, 128, 1))).shape == (0, 6)


def test_the_folder_above_models_will_do(package):
    assert load(package / "model_audio_keras").task.name == "horus"


def test_an_argument_sets_a_threshold(package):
    assert load(package, {"eco_reverb": 0.77}).thresholds["eco_reverb"] == 0.77


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(UserError, match=r"no model folder .*nowhere.*make all"):
        load(tmp_path / "nowhere")


def test_a_folder_that_is_no_package_says_what_it_lacks(tmp_path):
    with pytest.raises(UserError, match=METADATA):
        load(tmp_path)


def test_a_missing_model_is_named(copy):
    (copy / MODEL).unlink()
    with pytest.raises(UserError, match=rf"has no {MODEL}"):
        load(copy)


def test_labels_that_disagree_are_both_quoted(copy):
    (copy / LABELS).write_text("class\nnormal\neco_reverb\n")
    with pytest.raises(UserError, match=r"normal, eco_reverb against ausencia_audio, volume_baixo"):
        load(copy)


@pytest.mark.parametrize("content", [b"", b"no zip at all"])
def test_a_corrupted_model_is_one_sentence(copy, content):
    (copy / MODEL).write_bytes(content)
    with pytest.raises(UserError, match=r"is damaged or was exchanged"):
        load(copy)


def test_a_truncated_model_is_one_sentence(copy):
    whole = (copy / MODEL).read_bytes()
    (copy / MODEL).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"is damaged or was exchanged"):
        load(copy)


def test_a_model_of_other_labels_than_its_metadata_is_refused(copy):
    metadata = json.loads((copy / METADATA).read_text())
    metadata["task"]["labels"].remove("volume_baixo")
    metadata["task"]["ignore"] = ["volume_baixo"]
    (copy / METADATA).write_text(json.dumps(metadata))
    (copy / LABELS).write_text("\n".join(["class", *metadata["task"]["labels"]]))
    with pytest.raises(UserError, match=r"gives 6 probabilities.* 5 labels"):
        load(copy)


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"task": {"name": "x"}, "thresholds": {}}'])
def test_metadata_that_cannot_be_used_is_named(copy, content):
    (copy / METADATA).write_text(content)
    with pytest.raises(UserError, match=rf"{METADATA} cannot be used"):
        load(copy)
