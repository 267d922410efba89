"""Instruments are in tune and decay like real ones; every style can be generated."""

import numpy as np
import pytest

from horuslib.acoustics import filters
from horuslib.audio.levels import rms_dbfs
from horuslib.synthesis import instruments
from horuslib.synthesis.music import STYLES, music

RATE_HZ = 16000
TUNED = ("pluck", "piano", "brass", "organ", "fuzz", "synth", "voice")


@pytest.mark.parametrize("instrument", [getattr(instruments, name) for name in TUNED])
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
def test_strings_decay_and_an_organ_does_not(rng, instrument):
    def fall_db(x):
        return rms_dbfs(x[RATE_HZ // 2 : RATE_HZ]) - rms_dbfs(x[-RATE_HZ // 2 :])

    assert fall_db(instrument(rng, 60, 4.0, RATE_HZ)) > 6
    assert abs(fall_db(instruments.organ(rng, 60, 4.0, RATE_HZ))) < 3


def test_overdrive_fills_the_gaps_between_partials(rng):
    def gaps_db(x):
        """Ratio of the 99th to the 25th percentile of spectral power between 500 and 3000 Hz."""
        power = np.abs(np.fft.rfft(x * np.hanning(len(x)))) ** 2
        lines = power[round(500 * len(x) / RATE_HZ) : round(3000 * len(x) / RATE_HZ)]
        low, high = np.percentile(lines, [25, 99])
        return 10 * np.log10(high / low)

    chord = sum(instruments.piano(rng, 45 + interval, 2.0, RATE_HZ) for interval in (0, 7, 12))
    assert gaps_db(instruments.fuzz(rng, 45, 2.0, RATE_HZ)) < gaps_db(chord) - 15


def test_overdrive_lowers_the_crest_factor(rng):
    """Peak over RMS: a square wave has 1, a sine 1.4, plucked strings 5 and more."""

    def crest(x):
        return 1 / np.sqrt(np.mean(x**2))

    strings = sum(instruments.pluck(rng, 45 + interval, 2.0, RATE_HZ) for interval in (0, 7, 12))
    assert crest(instruments.fuzz(rng, 45, 2.0, RATE_HZ)) < 4 < crest(strings / np.abs(strings).max())


def test_a_cymbals_high_frequencies_decay_faster(rng):
    x = instruments.cymbal(rng, RATE_HZ, ring_s=0.8)

    def fall_db(low_hz, high_hz):
        band = filters.band(x, RATE_HZ, low_hz, high_hz)
        return rms_dbfs(band[: RATE_HZ // 4]) - rms_dbfs(band[RATE_HZ : 5 * RATE_HZ // 4])

    assert 5 < fall_db(1000, 3000) < fall_db(5500, 7400) - 3


def test_a_synthesizers_filter_closes(rng):
    x = instruments.synth(rng, 45, 2.0, RATE_HZ, bright=0.9)
    high = filters.band(x, RATE_HZ, 2000, None)
    assert rms_dbfs(high[: RATE_HZ // 10]) > rms_dbfs(high[RATE_HZ : 3 * RATE_HZ // 2]) + 6


def test_a_voice_has_formants(rng):
    """Its strongest overtones are in the range of the formants, above its fundamental."""
    x = instruments.voice(rng, 45, 2.0, RATE_HZ)
    low, formants, high = (rms_dbfs(filters.band(x, RATE_HZ, *hz)) for hz in ((60, 180), (230, 2900), (5000, 7000)))
    assert formants > low
    assert formants > high + 20


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
def test_every_style_is_generated_and_reproducible(style):
    first, again, other = (music(np.random.default_rng(seed), 4, RATE_HZ, style) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert first.dtype == np.float32
    assert first.shape == (4 * RATE_HZ,)
    assert rms_dbfs(first) == pytest.approx(-20, abs=0.5)
    assert not np.allclose(first, other, atol=0.01)
