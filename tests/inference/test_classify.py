"""Audio streams to verdicts, with a model whose predictions are known."""

import dataclasses

import numpy as np
import pytest

from horuslib.evaluation.fusion import Fusion
from horuslib.inference.classify import classify
from tests.conftest import noise, tone


def test_one_stream_may_hold_more_segments_than_a_batch(detector, rng):
    verdicts = classify((noise(rng, 30) for _ in range(7)), detector)
    assert len(verdicts) == (210 - 5) / 2.5 + 1
    assert verdicts["start_s"].tolist() == [2.5 * k for k in range(len(verdicts))]
    assert set(verdicts.label) == {"ruido_hiss"}


def test_digital_silence_bypasses_the_model(detector):
    def no_model(inputs):
        assert not len(inputs), "the model was run on silence"
        return np.zeros((0, 6))

    without_model = dataclasses.replace(detector, probabilities=no_model)
    verdicts = classify([np.zeros(16000 * 10, np.float32)], without_model)
    assert set(verdicts.label) == {"ausencia_audio"} and set(verdicts.confidence) == {0.99}


def test_an_echo_that_the_model_misses_is_detected_in_the_waveform(detector, horus, rng):
    """A model that predicts normal for everything, and modulated noise, with and without an echo."""
    normal, echo = horus.labels.index("normal"), horus.labels.index("eco_reverb")
    dry = noise(rng, 20) * np.repeat(rng.uniform(0.1, 1, 200), 1600).astype(np.float32)
    wet = dry + 0.6 * np.concatenate([np.zeros(6400, np.float32), dry[:-6400]])

    def always_normal(inputs):
        return np.where(np.arange(6) == normal, 0.95, 0.01) * np.ones((len(inputs), 1))

    weights = 10.0 * (np.arange(6) == echo)[None]
    fused = dataclasses.replace(
        detector,
        probabilities=always_normal,
        fusion=Fusion(("echo",), 1.0, np.zeros(6), weights),
        thresholds={"eco_reverb": 0.6},
    )
    assert set(classify([dry], fused).label) == {"normal"}
    processed = classify([wet], fused)
    assert set(processed.label) == {"eco_reverb"}
    np.testing.assert_allclose(processed.delay_s, 0.4, atol=0.001)
    assert set(classify([wet], dataclasses.replace(fused, fusion=None)).label) == {"normal"}


def a_little_echo(horus):
    """A model that gives an echo 0.3 wherever it is asked."""
    p = np.where(np.arange(6) == horus.labels.index("eco_reverb"), 0.3, 0.0)
    p[horus.labels.index("normal")] = 0.7
    return lambda inputs: p * np.ones((len(inputs), 1))


@pytest.mark.parametrize(("seconds", "label"), [(37, "normal"), (40, "eco_reverb")])
def test_weak_evidence_is_enough_where_it_lasts(detector, horus, rng, seconds, label):
    lasting = dataclasses.replace(detector, probabilities=a_little_echo(horus), sustained={"eco_reverb": 0.01})
    assert set(classify([noise(rng, seconds)], lasting).label) == {label}


def test_bare_tones_are_no_echo_however_long_they_last(detector, horus):
    lasting = dataclasses.replace(detector, probabilities=a_little_echo(horus), sustained={"eco_reverb": 0.01})
    dialled = np.concatenate([tone(60, 16000, 425, -20) * (np.arange(60 * 16000) // 4000 % 2)]).astype(np.float32)
    assert "eco_reverb" not in set(classify([dialled], lasting).label)


@pytest.mark.parametrize(
    ("frequency_hz", "dbfs", "label"),
    [(400, -20, "normal"), (440, -40, "normal"), (1000, -20, "sinal_teste"), (440, -50, "ausencia_audio")],
)
def test_a_steady_tone_that_the_model_takes_for_silence_is_what_its_level_and_pitch_say(
    detector, horus, frequency_hz, dbfs, label
):
    """The model is sure of silence whatever it is given; the tone is what broadcasters send, end to end."""

    def always_silence(inputs):
        return np.where(np.arange(6) == horus.labels.index("ausencia_audio"), 0.95, 0.01) * np.ones((len(inputs), 1))

    deaf = dataclasses.replace(detector, probabilities=always_silence)
    assert set(classify([tone(20, 16000, frequency_hz, dbfs)], deaf).label) == {label}


def test_a_programme_with_a_silence_that_is_longer_than_half_a_segment_has_it(detector, horus, rng):
    """A model that says silence for the segments of which half is silent."""

    def silent_half(inputs):
        quiet = np.quantile(inputs.reshape(len(inputs), -1), 0.4, axis=1) < 0.3
        return np.where(quiet[:, None], [0.95, *[0.01] * 5], [*[0.01] * 5, 0.95])

    sound = noise(rng, 20)
    sound[16000 * 7 : 16000 * 10] = 0
    found = classify([sound], dataclasses.replace(detector, probabilities=silent_half))
    assert found.label[found.start_s == 5.0].tolist() == ["ausencia_audio"]
    assert set(found.label[(found.end_s <= 7) | (found.start_s >= 10)]) == {"normal"}
