"""Levels against reference values of the standards, and decays against their formulas."""

import numpy as np
import pytest

from horuslib.audio import levels
from tests.conftest import noise, syllables, tone

MINUS_INF = float("-inf")


@pytest.mark.parametrize("rate", [16000, 22050, 48000])
def test_a_stereo_sine_at_minus_23_dbfs_has_minus_23_lufs(rate):
    """EBU Tech 3341, case 1: a 1 kHz stereo sine whose peak is -23 dBFS reads -23.0 +-0.1 LUFS."""
    left = tone(20, rate, level_dbfs=-23 - 3.01)
    assert levels.lufs(np.stack([left, left], axis=1), rate) == pytest.approx(-23.0, abs=0.1)
    assert levels.lufs(left, rate) == pytest.approx(-26.0, abs=0.1), "one channel alone is 3 dB less"


def test_typical_loudness_is_that_of_most_seconds(rng):
    low, loud = noise(rng, 5.0, level_dbfs=-45), noise(rng, 5.0, level_dbfs=-20)
    begins_loud = np.where(np.arange(len(low)) < 1.6 * 16000, loud, low)
    assert levels.typical_lufs(begins_loud, 16000) == pytest.approx(levels.lufs(low, 16000), abs=0.5)
    assert levels.lufs(begins_loud, 16000) > levels.lufs(low, 16000) + 15
    assert levels.typical_lufs(np.where(np.arange(len(low)) < 16000 * 3, 0, loud), 16000) == -np.inf


def test_a_full_scale_sine_in_one_channel_has_minus_3_lufs():
    """ITU-R BS.1770-4: a 0 dBFS, 997 Hz sine in one front channel reads -3.01 LKFS."""
    assert levels.lufs(tone(5, 48000, 997, -3.0103), 48000) == pytest.approx(-3.01, abs=0.05)


def test_quiet_passages_are_gated_out():
    """EBU Tech 3341, case 3: -36, -23, -36 dBFS for 10, 60, 10 s read as -23."""
    left = np.concatenate([tone(s, 16000, level_dbfs=d - 3.01) for s, d in ((10, -36), (60, -23), (10, -36))])
    assert levels.lufs(np.stack([left, left], axis=1), 16000) == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("samples", [np.zeros(80000), np.zeros(0), tone(0.3), tone(5, level_dbfs=-90)])
def test_loudness_of_silence_and_of_short_sound_is_minus_infinity(samples):
    assert levels.lufs(samples, 16000) == MINUS_INF


def test_one_block_of_400_ms_is_enough():
    assert levels.lufs(tone(0.4, level_dbfs=-23.01), 16000) == pytest.approx(-23.0, abs=0.3)


def test_rms_and_peak_of_a_sine_lie_3_db_apart():
    x = tone(1, level_dbfs=-20)
    assert levels.rms_dbfs(x) == pytest.approx(-20, abs=0.01)
    assert levels.peak_dbfs(x) == pytest.approx(-16.99, abs=0.01)
    assert (levels.rms(-x), levels.peak(-x)) == pytest.approx((0.1, 0.1414), abs=1e-4)


def test_silence_and_empty_input_have_no_level():
    for x in (np.zeros(100), np.zeros(0)):
        assert (levels.rms(x), levels.peak(x), levels.rms_dbfs(x), levels.peak_dbfs(x)) == (0, 0, MINUS_INF, MINUS_INF)


def test_decibels_convert_both_ways():
    assert levels.from_db(levels.to_db(0.02)) == pytest.approx(0.02)
    assert levels.from_db(MINUS_INF) == 0


def test_pauses_do_not_lower_the_active_level(rng):
    x = noise(rng, level_dbfs=-20)
    x[16000:64000] = 0
    assert levels.active_dbfs(x, 16000) == pytest.approx(-20, abs=0.3)
    assert levels.rms_dbfs(x) < -23


def test_modulation_is_high_for_speech_and_low_for_noise(rng):
    assert levels.modulation_db(noise(rng), 16000) < 1
    assert levels.modulation_db(tone(), 16000) < 1
    assert levels.modulation_db(syllables(rng), 16000) > 8
    assert levels.modulation_db(np.zeros(16000), 16000) == 0


@pytest.mark.parametrize("snr_db", [20, 0])
def test_tone_share_is_the_tones_share_of_the_power(rng, snr_db):
    """A tone as strong as the noise has half the power, plus 0.5 %: the noise within its band of 40 Hz."""
    x = tone(level_dbfs=-20) + noise(rng, level_dbfs=-20 - snr_db)
    power_ratio = 10 ** (-snr_db / 10)
    expected = (1 + 0.005 * power_ratio) / (1 + power_ratio)
    assert levels.tone_share(x, 16000) == pytest.approx(expected, abs=0.01)


def test_tone_share_is_frequency_selective():
    assert levels.tone_share(tone(frequency_hz=1010), 16000) > 0.999
    assert levels.tone_share(tone(frequency_hz=1100), 16000) < 0.001
    assert levels.tone_share(tone(frequency_hz=440), 16000, 440) > 0.999
    assert levels.tone_share(np.zeros(80000), 16000) == 0


def decay(rng, rt60_s, rate=16000, seconds=None):
    t = np.arange(round((seconds or 1.5 * rt60_s) * rate)) / rate
    return rng.standard_normal(len(t)) * 10 ** (-3 * t / rt60_s)


@pytest.mark.parametrize("rt60_s", [0.3, 1.0, 3.0])
def test_rt60_of_an_exponential_decay(rng, rt60_s):
    assert levels.rt60_s(decay(rng, rt60_s), 16000) == pytest.approx(rt60_s, rel=0.05)


def test_rt60_is_invariant_to_initial_delay_and_level(rng):
    late = np.concatenate([np.zeros(8000), 1e-3 * decay(rng, 1.0)])
    assert levels.rt60_s(late, 16000) == pytest.approx(1.0, rel=0.05)


def test_rt60_begins_at_minus_5_db(rng):
    """The first 5 dB of decay, here a plateau of 70 ms, are excluded (ISO 3382-1)."""
    held = np.concatenate([rng.standard_normal(1120), decay(rng, 0.5)])
    assert levels.rt60_s(held, 16000) == pytest.approx(0.5, rel=0.04)


def test_a_click_has_no_reverberation():
    click = np.zeros(16000)
    click[100] = 1
    assert levels.rt60_s(click, 16000) == 0
    assert levels.c50_db(click, 16000) == float("inf")
    assert levels.rt60_s(np.zeros(100), 16000) == 0


@pytest.mark.parametrize("rt60_s", [0.5, 2.0])
def test_c50_of_an_exponential_decay(rng, rt60_s):
    """The energy of an exponential decay gives C50 = 10 log10(10^(6 t/T) - 1) at t = 50 ms."""
    expected_db = 10 * np.log10(10 ** (6 * 0.05 / rt60_s) - 1)
    measured_db = np.mean([levels.c50_db(decay(rng, rt60_s), 16000) for _ in range(20)])
    assert measured_db == pytest.approx(expected_db, abs=0.3)
