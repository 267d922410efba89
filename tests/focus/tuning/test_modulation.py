"""The course of the dominant pitch, measured from model inputs of sounds whose course is known."""

import numpy as np
import pytest

from horuslib.audio.features import segments_to_inputs
from horuslib.focus.tuning.modulation import TARGETS, modulation
from horuslib.tasks import load_task

FRONT = load_task("sirens").front_end
RATE_HZ, SECONDS = FRONT.sample_rate_hz, FRONT.segment_s
T = np.arange(round(RATE_HZ * SECONDS)) / RATE_HZ


def measured(x):
    pictures = segments_to_inputs([x.astype(np.float32)], FRONT)[..., 0]
    return dict(zip(TARGETS, modulation(pictures, FRONT)[0].tolist(), strict=True))


def sweeping(low_hz, high_hz, rate_hz):
    octaves = np.log2(low_hz * high_hz) / 2 + np.log2(high_hz / low_hz) / 2 * np.sin(2 * np.pi * rate_hz * T)
    return 0.1 * np.sin(2 * np.pi * np.cumsum(2**octaves) / RATE_HZ)


@pytest.mark.parametrize("rate_hz", [0.5, 1.0, 3.0])
def test_a_sweep_has_its_pitch_spread_and_rate(rate_hz):
    found = measured(sweeping(600, 1400, rate_hz))
    assert found["voicing"] > 0.95
    assert found["pitch"] == pytest.approx(np.log2(np.sqrt(600 * 1400)), abs=0.12)
    assert found["spread"] == pytest.approx(np.log2(1400 / 600) / 2 / np.sqrt(2), abs=0.08)
    assert found["rate"] == pytest.approx(np.log2(rate_hz), abs=0.2)
    assert found["regularity"] > 0.8
    assert found["glide"] == pytest.approx(2 * np.log2(1400 / 600) * rate_hz, rel=0.35), "two ways a period"


def test_a_steady_tone_does_not_move_and_noise_has_no_pitch():
    steady = measured(0.1 * np.sin(2 * np.pi * 900 * T))
    assert steady["pitch"] == pytest.approx(np.log2(900), abs=0.1)
    assert steady["spread"] < 0.02 and steady["glide"] < 0.05
    noise = measured(0.1 * np.random.default_rng(0).standard_normal(len(T)))
    assert noise["voicing"] < 0.5 * steady["voicing"]
    assert noise["power_ratio"] < steady["power_ratio"] - 6


def test_silence_and_no_pictures_are_no_error():
    silent = modulation(np.zeros((1, *FRONT.input_shape[:2])), FRONT)
    assert silent[0, 0] == 0 and silent[0, 2:].tolist() == [0.0] * (len(TARGETS) - 2)
    assert np.isfinite(silent).all()
    assert modulation(np.zeros((0, *FRONT.input_shape[:2])), FRONT).shape == (0, len(TARGETS))
