"""Tones have the frequency of their curve, and gates their times."""

import numpy as np
import pytest

from horuslib.synthesis.street.tones import gate, sweep, times, tone

RATE_HZ = 16000


def peak_hz(x):
    return np.abs(np.fft.rfft(x * np.hanning(len(x)))).argmax() * RATE_HZ / len(x)


def test_a_tone_has_its_frequency_and_unit_level():
    x = tone(np.full(RATE_HZ, 440.0), RATE_HZ, (1.0, 0.5))
    assert peak_hz(x) == pytest.approx(440, abs=1)
    assert np.sqrt(np.mean(x**2)) == pytest.approx(1, rel=0.01)


def test_partials_that_would_alias_are_left_out():
    x = tone(np.full(RATE_HZ, 3000.0), RATE_HZ, np.ones(8))
    spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x))))
    assert set(np.flatnonzero(spectrum > 0.2 * spectrum.max()) // 100 * 100) <= {2900, 3000, 5900, 6000}


def test_a_sweep_rises_and_falls_between_its_ends():
    curve = sweep(np.linspace(0, 1, 1001), 500, 2000, 0.25)
    assert curve[0] == pytest.approx(500) and curve.max() == pytest.approx(2000, rel=0.01)
    assert curve.argmax() == pytest.approx(250, abs=1)
    assert curve[125] == pytest.approx(1000, rel=0.01)  # half way in octaves


def test_a_gate_is_open_when_it_should_be():
    t = times(4, RATE_HZ)
    opened = gate(t, [0.5, 2.0], np.array([0.5, 1.0]))
    assert opened[(t > 0.51) & (t < 0.99)].min() == 1
    assert opened[(t > 1.02) & (t < 1.99)].max() == 0
    assert np.mean(opened > 0.5) * 4 == pytest.approx(1.5, abs=0.02)
