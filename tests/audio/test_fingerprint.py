"""Recordings are cut into overlapping pieces and whitened."""

import numpy as np
import pytest
from scipy import signal

from horuslib.audio import fingerprint
from horuslib.audio.fingerprint import RATE_HZ, count_cuts, cuts, piece, pieces
from tests.conftest import noise


@pytest.mark.parametrize("seconds", [1, 29.9, 30, 30.1, 55, 55.1, 80, 200])
def test_count_cuts_equals_the_number_of_cuts(seconds, rng):
    found = list(cuts(noise(rng, seconds, 8000), 8000))
    assert len(found) == count_cuts(seconds)
    assert [start_s for start_s, _ in found] == [25.0 * k for k in range(len(found))]
    assert found[-1][0] + len(found[-1][1]) / RATE_HZ == pytest.approx(seconds, abs=0.01)


def test_silent_cuts_are_left_out(rng):
    x = noise(rng, 100.0, 8000)
    x[20 * 8000 : 56 * 8000] = 0
    assert [p.start_s for p in pieces(x, 8000)] == [0.0, 50.0, 75.0]
    assert piece(0.0, np.zeros(RATE_HZ, np.float32)) is None


@pytest.mark.parametrize("n", [256, 5000, 120000])
def test_overlap_add_equals_scipys(n, rng):
    _, _, spectrum = signal.stft(noise(rng, n / RATE_HZ, RATE_HZ), RATE_HZ, nperseg=256, noverlap=192)
    _, expected = signal.istft(spectrum, RATE_HZ, nperseg=256, noverlap=192)
    np.testing.assert_array_equal(fingerprint._overlap_add(spectrum), expected)
