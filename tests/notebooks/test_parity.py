"""The fast path says what the slow one says: the package's own preprocess.py (librosa) and Keras, after a training."""

import numpy as np
import pytest

from horuslib.audio.features import segments_to_inputs
from horuslib.audio.media import read_audio
from horuslib.core.paths import Paths
from horuslib.export.files.validate_audio_model_for_horus import (
    load_model,
    load_preprocess,
    package_folder,
    read_metadata,
)
from horuslib.inference.detector import Detector
from horuslib.inference.runtime import LiteModel
from horuslib.inference.scan import scan_file

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def export(workbook):
    root, *_ = workbook
    return Paths(root=root).export("quick")


@pytest.fixture(scope="module")
def detectors(export):
    places = {"environment": {}, "dotenv": export / "no.env"}
    return [Detector.load(export, runtime=how, **places) for how in ("auto", "keras")]


def test_pictures_and_probabilities_are_librosas_and_keras(export, detectors, videos):
    fast, _ = detectors
    front = fast.task.front_end
    assert isinstance(fast.probabilities, LiteModel)
    sounds = [read_audio(video, front.sample_rate_hz).samples for video in videos[::4]]
    segments = [sound[k : k + front.segment_samples] for sound in sounds for k in (0, front.hop_samples)]
    package = package_folder(export)
    preprocess, model = load_preprocess(package, read_metadata(package)), load_model(package)
    slow = np.concatenate([preprocess.audio_segment_to_input(s, sr=front.sample_rate_hz) for s in segments])
    pictures = segments_to_inputs(segments, front)
    assert len(segments) >= 10 and np.abs(pictures - slow).max() < 1e-5
    expected = model.predict(slow, verbose=0)
    assert len(set(expected.argmax(axis=1))) >= 3, "the model tells sounds apart"
    assert np.abs(fast.probabilities(pictures) - expected).max() < 0.01


def test_verdicts_are_the_same(detectors, videos):
    for video in videos[::8]:
        fast, slow = (scan_file(video, detector) for detector in detectors)
        assert [s["predicted_class"] for s in fast["segments"]] == [s["predicted_class"] for s in slow["segments"]]
        assert [e["type"] for e in fast["events"]] == [e["type"] for e in slow["events"]]
        shares = [[list(s["probabilities"].values()) for s in found["segments"]] for found in (fast, slow)]
        assert np.abs(np.subtract(*shares)).max() < 0.01
