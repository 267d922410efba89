"""Streams of sound to verdicts, with a model whose answers are known."""

import dataclasses

import numpy as np

from horuslib.detect.hear import hear
from tests.conftest import noise


def test_one_stream_may_hold_more_segments_than_a_batch(detector, rng):
    verdicts = hear((noise(rng, 30) for _ in range(7)), detector)
    assert len(verdicts) == (210 - 5) / 2.5 + 1
    assert verdicts["start_s"].tolist() == [2.5 * k for k in range(len(verdicts))]
    assert set(verdicts.label) == {"ruido_hiss"}


def test_digital_silence_never_meets_the_model(detector):
    def no_model(pictures):
        assert not len(pictures), "the model was asked about silence"
        return np.zeros((0, 6))

    deaf = dataclasses.replace(detector, probabilities=no_model)
    verdicts = hear([np.zeros(16000 * 10, np.float32)], deaf)
    assert set(verdicts.label) == {"ausencia_audio"} and set(verdicts.confidence) == {0.99}
