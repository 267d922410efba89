"""The fast path says what the slow one says: the package's own preprocess.py with librosa, and Keras, on real sound.

Both need what only a used machine has: a model that was trained and exported (`make all`), and the neighbouring videos.
"""

import numpy as np
import pytest

from horuslib.detect.detector import Detector
from horuslib.detect.inference import LiteModel
from horuslib.detect.scan import scan_file
from horuslib.errors import UserError
from horuslib.export.files.validate_audio_model_for_horus import load_model, load_preprocess, package_folder
from horuslib.sound.features import segments_to_inputs
from horuslib.sound.media import find_media, read_audio
from tests.conftest import PROJECT

EXPORT = PROJECT / "artifacts" / "horus" / "export"


@pytest.fixture(scope="module")
def videos(realset):
    return find_media(realset / "train")[::8]


@pytest.fixture(scope="module")
def detectors():
    if not EXPORT.is_dir():
        pytest.skip(f"no trained model is exported in {EXPORT}: `make all` makes one")
    try:
        return [
            Detector.load(EXPORT, runtime=how, environment={}, dotenv=EXPORT / "no.env") for how in ("auto", "keras")
        ]
    except UserError as e:
        pytest.skip(f"the exported model is of another version: {e}")


def test_pictures_and_probabilities_are_librosas_and_keras(detectors, videos):
    fast, _ = detectors
    front = fast.task.front_end
    assert isinstance(fast.probabilities, LiteModel)
    sounds = [read_audio(video, front.sample_rate_hz).samples for video in videos]
    segments = [sound[k : k + front.segment_samples] for sound in sounds for k in (0, front.hop_samples)]
    package = package_folder(EXPORT)
    preprocess, model = load_preprocess(package), load_model(package)
    slow = np.concatenate([preprocess.audio_segment_to_input(s, sr=front.sample_rate_hz) for s in segments])
    pictures = segments_to_inputs(segments, front)
    assert len(segments) >= 10 and np.abs(pictures - slow).max() < 1e-5
    difference = np.abs(fast.probabilities(pictures) - model.predict(slow, verbose=0))
    assert difference.max() < 0.01


def test_verdicts_are_the_same(detectors, videos):
    for video in videos[:4]:
        fast, slow = (scan_file(video, detector) for detector in detectors)
        assert [s["predicted_class"] for s in fast["segments"]] == [s["predicted_class"] for s in slow["segments"]]
        assert [e["type"] for e in fast["events"]] == [e["type"] for e in slow["events"]]
        shares = [[list(s["probabilities"].values()) for s in found["segments"]] for found in (fast, slow)]
        assert np.abs(np.subtract(*shares)).max() < 0.01
