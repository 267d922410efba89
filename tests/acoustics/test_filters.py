"""Filters and dynamics have the gains, corner frequencies and ratios of their arguments."""

import numpy as np
import pytest

from horuslib.acoustics import filters
from tests.conftest import noise, tone


def level_db(x):
    return 20 * np.log10(np.sqrt(np.mean(np.square(x))))


@pytest.mark.parametrize("gain_db", [-9, 6])
def test_peaking_changes_its_centre_frequency_only(gain_db):
    for frequency_hz, moved_db in ((1000, gain_db), (60, 0)):
        x = tone(1, 16000, frequency_hz)
        y = filters.peaking(x, 16000, 1000, gain_db, q=2)
        assert level_db(y[8000:]) - level_db(x[8000:]) == pytest.approx(moved_db, abs=0.3)


def test_band_passes_frequencies_inside():
    for frequency_hz, lost in ((50, True), (1000, False), (7000, True)):
        y = filters.band(tone(1, 16000, frequency_hz), 16000, 500, 2000)
        assert (level_db(y[8000:]) < -20 - 15) == lost


def test_compressor_gives_one_db_for_ratio_db_over_the_threshold():
    quiet, loud = (filters.compress(tone(2, 16000, 500, level), 16000, -30, 4)[16000:] for level in (-20, -12))
    assert level_db(loud) - level_db(quiet) == pytest.approx(8 / 4, abs=0.2)
    under = filters.compress(tone(2, 16000, 500, -40), 16000, -30, 4)[16000:]
    assert level_db(under) == pytest.approx(-40, abs=0.1)


def test_limiter_holds_the_ceiling_and_leaves_quiet_sound_alone(rng):
    x = noise(rng, 1, 16000, -40)
    x[8000] = 2.0
    y = filters.limit(x, 16000, -6)
    assert np.max(np.abs(y)) <= 10 ** (-6 / 20) + 1e-6
    np.testing.assert_allclose(y[:7000], x[:7000], atol=1e-6)


def test_drift_moves_pitch_by_about_its_depth_and_keeps_length(rng):
    x = tone(4, 16000, 1000)
    y = filters.drift(rng, x, 16000, 0.02, 0.7)
    assert len(y) == len(x)
    peaks = [np.argmax(np.abs(np.fft.rfft(y[i : i + 16000]))) for i in range(0, 49000, 8000)]
    assert 5 < np.ptp(peaks) < 90


def test_fade_ends_in_silence_and_leaves_the_middle():
    y = filters.fade(np.ones(1000), 1000, 0.1, 0.2)
    assert y[0] == 0
    assert y[-1] == 0
    assert np.all(y[100:800] == 1)
