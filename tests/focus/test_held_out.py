"""A test folder is evaluated with both models on the same segments, by recording, and nothing of it is changed."""

import numpy as np
import pytest
import soundfile

from horuslib.core.errors import UserError
from horuslib.evaluation.fusion import no_fusion
from horuslib.focus.held_out import evaluate_folder
from tests.conftest import noise, tone


class Constant:
    """Names everything as one label."""

    def __init__(self, task, label):
        self.fusion, self._row = no_fusion(task), np.eye(len(task.labels))[task.labels.index(label)]

    def probabilities(self, inputs):
        return np.tile(self._row, (len(inputs), 1))


@pytest.fixture
def folder(tmp_path, rng):
    for label, sound in (("emergency_sirens", tone(2.0)), ("road_traffic", noise(rng, 3.0))):
        (tmp_path / label).mkdir()
        soundfile.write(tmp_path / label / "a.wav", sound, 16000)
    soundfile.write(tmp_path / "emergency_sirens" / "b.wav", np.roll(tone(3.0), 80), 16000)
    return tmp_path


def test_both_classify_the_same_segments(focused, folder):
    task, _ = focused
    before = {path: path.read_bytes() for path in folder.rglob("*.wav")}
    detectors = {"before": Constant(task, "road_traffic"), "after": Constant(task, "emergency_sirens")}
    found = evaluate_folder(folder, detectors, task)
    assert set(found["after"].label) == {"emergency_sirens", "road_traffic"}
    assert found["before"].segment_id.tolist() == found["after"].segment_id.tolist()
    assert (found["after"].p_emergency_sirens == 1).all() and (found["before"].p_road_traffic == 1).all()
    assert (found["after"].split == "test").all() and found["after"].group_id.nunique() >= 2
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_folder_without_labels_is_a_sentence(focused, tmp_path):
    task, _ = focused
    soundfile.write(tmp_path / "x.wav", tone(3.0), 16000)
    with pytest.raises(UserError, match="has no labelled sound"):
        evaluate_folder(tmp_path, {}, task)
