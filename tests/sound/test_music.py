"""Instruments are in tune and die away as theirs do; every style plays."""

import numpy as np
import pytest

from horuslib.sound import instruments
from horuslib.sound.levels import rms_dbfs
from horuslib.sound.music import STYLES, music

RATE_HZ = 16000


@pytest.mark.parametrize("instrument", [instruments.pluck, instruments.piano, instruments.brass, instruments.organ])
@pytest.mark.parametrize("note", [45, 57, 69, 76])
def test_notes_are_in_tune(rng, instrument, note):
    x = instrument(rng, note, 2.0, RATE_HZ)
    assert np.max(np.abs(x)) == pytest.approx(1, abs=1e-5)
    spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x)), 8 * len(x)))
    frequencies = np.linspace(0, RATE_HZ / 2, len(spectrum))
    wanted_hz = 440 * 2 ** ((note - 69) / 12)
    near = np.abs(np.log2(np.maximum(frequencies, 1) / wanted_hz)) < 1 / 6
    cents = 1200 * np.log2(frequencies[near][np.argmax(spectrum[near])] / wanted_hz)
    assert abs(cents) < 15


@pytest.mark.parametrize("instrument", [instruments.pluck, instruments.piano])
def test_strings_die_away_and_an_organ_does_not(rng, instrument):
    def fall_db(x):
        return rms_dbfs(x[RATE_HZ // 2 : RATE_HZ]) - rms_dbfs(x[-RATE_HZ // 2 :])

    assert fall_db(instrument(rng, 60, 4.0, RATE_HZ)) > 6
    assert abs(fall_db(instruments.organ(rng, 60, 4.0, RATE_HZ))) < 3


@pytest.mark.parametrize("style", STYLES)
def test_every_style_plays_and_repeats_with_its_seed(style):
    first, again, other = (music(np.random.default_rng(seed), 4, RATE_HZ, style) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert first.dtype == np.float32
    assert first.shape == (4 * RATE_HZ,)
    assert rms_dbfs(first) == pytest.approx(-20, abs=0.5)
    assert not np.allclose(first, other, atol=0.01)
