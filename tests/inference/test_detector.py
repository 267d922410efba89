import json
import shutil

import numpy as np
import pytest

from horuslib.audio.features import segments_to_inputs
from horuslib.core.errors import UserError
from horuslib.export.bundle import METADATA, MODEL
from horuslib.inference.detector import Detector
from horuslib.inference.package import LABELS
from horuslib.tasks import load_task
from tests.conftest import noise, tone
from tests.packages import toy_model, write_toy_package


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


def test_no_inputs_give_no_probabilities(detector):
    assert detector.probabilities(np.zeros((0, 128, 128, 1))).shape == (0, 6)


def test_the_folder_above_models_will_do(package):
    assert load(package / "model_audio_keras").task.name == "horus"


def test_an_argument_sets_a_threshold(package):
    assert load(package, {"eco_reverb": 0.77}).thresholds["eco_reverb"] == 0.77


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(UserError, match=r"no model folder .*nowhere.*make all"):
        load(tmp_path / "nowhere")


def test_a_folder_that_is_no_package_is_an_error_that_names_the_missing_file(tmp_path):
    with pytest.raises(UserError, match=r"has no file \*\.metadata\.json, so it is no exported package"):
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
def test_a_corrupted_model_is_a_clear_error(copy, content):
    (copy / MODEL).write_bytes(content)
    with pytest.raises(UserError, match=r"is damaged or was exchanged"):
        load(copy)


def test_a_truncated_model_is_a_clear_error(copy):
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


@pytest.mark.slow
def test_an_unchanged_export_has_the_same_key_whenever_it_is_made(package, horus, tmp_path):
    again = write_toy_package(tmp_path / "again" / "export", horus)
    assert (again / MODEL).read_bytes() != (package / MODEL).read_bytes(), "the date of saving is in the file"
    assert load(again).signature["key"] == load(package).signature["key"]
    titled = write_toy_package(tmp_path / "titled" / "export", horus.model_copy(update={"title": "Another"}))
    assert load(titled).signature["key"] == load(package).signature["key"]


FUSION = {
    "trust": 1.0,
    "offsets": dict.fromkeys(load_task("horus").labels, 0.0),
    "weights": {},
    "requires_any": {},
}


@pytest.mark.parametrize(
    "changes",
    [
        {"calibration": {"temperature": 3.0}},
        {"calibration": {"temperature": 2.0, "fusion": FUSION}},
        {"calibration": {"temperature": 2.0, "sustained": {"eco_reverb": 0.01}}},
        {"thresholds": {"eco_reverb": 0.7}},
        {"task": {"gap_tolerance_segments": 2}},
        {"task": {"place": "segments"}},
        {"task": {"default_threshold": 0.7}},
        {"task": {"target_lufs": -24.0}},
    ],
)
def test_a_changed_rule_changes_the_key(package, horus, tmp_path, changes):
    changes = dict(changes)
    task = horus
    if "task" in changes:
        task = horus.model_copy(update={"decision": horus.decision.model_copy(update=changes.pop("task"))})
    if "thresholds" in changes:
        changes["thresholds"] = {**dict.fromkeys(task.faults, 0.6), **changes["thresholds"]}
    other = write_toy_package(tmp_path / "other" / "export", task, **changes)
    assert load(other).signature["key"] != load(package).signature["key"]


def test_other_weights_change_the_key(package, horus, tmp_path, monkeypatch):
    def other(task):
        model = toy_model(task)
        layer = model.get_layer("logits")
        weights, bias = layer.get_weights()
        layer.set_weights([weights, bias + 1e-3])
        return model

    monkeypatch.setattr("tests.packages.toy_model", other)
    changed = write_toy_package(tmp_path / "other" / "export", horus)
    assert load(changed).signature["key"] != load(package).signature["key"]


def test_a_version_of_the_decision_changes_the_key(package, monkeypatch):
    before = load(package).signature["key"]
    monkeypatch.setattr("horuslib.inference.detector.DECISION_VERSION", 99)
    assert load(package).signature["key"] != before


def test_thresholds_for_the_network_alone_are_refused_by_a_package_that_fuses(horus, tmp_path):
    fused = {"temperature": 2.0, "fusion": {**FUSION, "weights": {"echo": FUSION["offsets"]}}}
    package = write_toy_package(tmp_path / "export", horus, calibration=fused)
    lines = dict(line.split("=") for line in (package / ".env.horus").read_text().split())
    with pytest.raises(UserError, match=r"in the environment are for the network alone.*also weighs measures"):
        Detector.load(package, environment=lines, dotenv=tmp_path / "none")
    plain = {"AUDIO_THRESH_ECO_REVERB": "0.5"}
    with pytest.raises(UserError, match=r"not marked with what they are for.*HORUS_THRESHOLDS_FOR=decision"):
        Detector.load(package, environment=plain, dotenv=tmp_path / "none")
    meant = Detector.load(package, environment={**plain, "HORUS_THRESHOLDS_FOR": "decision"}, dotenv=tmp_path / "none")
    assert meant.thresholds["eco_reverb"] == 0.5


def test_a_package_of_the_network_alone_takes_its_own_env_lines_and_no_other_models(package, horus, tmp_path):
    lines = dict(line.split("=") for line in (package / ".env.horus").read_text().split())
    assert Detector.load(package, environment=lines, dotenv=tmp_path / "none").thresholds["eco_reverb"] == 0.6
    lines["HORUS_THRESHOLDS_FOR"] = "network:000000000000"
    with pytest.raises(UserError, match=r"are for the model 000000000000, and this package's is [0-9a-f]{12}"):
        Detector.load(package, environment=lines, dotenv=tmp_path / "none")
