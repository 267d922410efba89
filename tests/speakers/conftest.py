"""Conversations of generated voices, made once for all tests of this room."""

from importlib.util import find_spec

import numpy as np
import pytest

from horuslib.audio.encode import write_wav
from horuslib.speakers.conversation import Setting, conversation
from horuslib.speakers.front_end.sound import RATE_HZ
from horuslib.synthesis import speech

MAN = speech.Voice("pt-br+m3", 160, 38, 1.12, 0.01, -40, ((600.0, 2.0),), (0.2, 14))
WOMAN = speech.Voice("pt-br+f2", 170, 62, 0.92, 0.01, -40, ((1600.0, 2.0),), (0.2, 14))

needs_voices = pytest.mark.skipif(
    not speech.available() or find_spec("faster_whisper") is None or find_spec("onnxruntime") is None,
    reason="the espeak-ng command or the extra `speakers` is not installed",
)
needs_metrics = pytest.mark.skipif(
    find_spec("pyannote") is None or find_spec("pyannote.metrics") is None, reason="pyannote.metrics is not installed"
)


@pytest.fixture(scope="session")
def talk(tmp_path_factory):
    """A dialogue of a man and a woman, 25 s: path of the WAV, samples, turns."""
    samples, turns = conversation(np.random.default_rng(3), [MAN, WOMAN], 25, Setting(overlap=0))
    path = write_wav(tmp_path_factory.mktemp("talk") / "talk.wav", samples, RATE_HZ)
    return path, samples, turns


@pytest.fixture(scope="session")
def monologue(tmp_path_factory):
    """One woman, 25 s: path of the WAV, samples, turns."""
    samples, turns = conversation(np.random.default_rng(4), [WOMAN], 25)
    path = write_wav(tmp_path_factory.mktemp("monologue") / "monologue.wav", samples, RATE_HZ)
    return path, samples, turns


def clouds(rng, means, n=40, spread=0.15):
    """Unit vectors around each of the means, in turn, and their labels."""
    vectors = np.vstack([m + spread * rng.standard_normal((n, len(m))) for m in np.asarray(means, float)])
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.repeat(np.arange(len(means)), n)
