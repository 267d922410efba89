import numpy as np
import pytest

from horuslib.acoustics.signals import is_bare_tones, lasting_dbfs, muted_s, tone_span_s
from tests.conftest import syllables

RATE = 16000


def sine(frequency_hz, seconds, amplitude=0.1):
    t = np.arange(round(seconds * RATE)) / RATE
    return (amplitude * np.sin(2 * np.pi * frequency_hz * t)).astype(np.float32)


def on_and_off(x, on_s, off_s):
    t = np.arange(len(x)) / RATE
    return np.where(t % (on_s + off_s) < on_s, x, 0).astype(np.float32)


def programme(seconds=5.0):
    """Noise whose level moves as speech's does, without pauses."""
    rng, t = np.random.default_rng(3), np.arange(round(seconds * RATE)) / RATE
    return (0.1 * rng.standard_normal(len(t)) * (0.3 + np.sin(2 * np.pi * 3.1 * t) ** 2)).astype(np.float32)


@pytest.mark.parametrize("frequency_hz", [985, 1000, 1015])
@pytest.mark.parametrize("amplitude", [0.5, 0.002])
def test_a_line_up_tone_fills_a_segment_at_any_level(frequency_hz, amplitude):
    assert tone_span_s(sine(frequency_hz, 5.0, amplitude=amplitude), RATE) == (0.0, 5.0)


@pytest.mark.parametrize("frequency_hz", [440, 853, 960, 1050, 2000])
def test_a_tone_of_another_pitch_is_none(frequency_hz):
    assert tone_span_s(sine(frequency_hz, 5.0), RATE) == (0.0, 0.0)


def test_two_tones_at_once_are_none():
    assert tone_span_s(sine(853, 5.0) + sine(960, 5.0), RATE) == (0.0, 0.0)


def test_an_interruption_of_a_quarter_of_a_second_belongs_to_the_tone_and_one_of_a_second_does_not():
    tone = sine(1000, 5.0)
    assert tone_span_s(on_and_off(tone, 2.0, 0.25), RATE) == pytest.approx((0.0, 5.0), abs=0.06)
    first_s, after_s = tone_span_s(on_and_off(tone, 1.0, 1.0), RATE)
    assert after_s - first_s == pytest.approx(1.0, abs=0.06)


def test_a_bleep_within_programme_has_its_place_and_length():
    x = programme()
    x[RATE : 3 * RATE] = sine(1000, 2.0)
    assert tone_span_s(x, RATE) == pytest.approx((1.0, 3.0), abs=0.06)


def test_silence_and_less_than_a_frame_hold_no_tone():
    assert tone_span_s(np.zeros(RATE, np.float32), RATE) == (0.0, 0.0)
    assert tone_span_s(np.ones(10, np.float32), RATE) == (0.0, 0.0)


@pytest.mark.parametrize("off_s", [0.07, 0.2, 0.5])
def test_dialling_is_bare_tones(off_s):
    keys = on_and_off(sine(770, 5.0, amplitude=0.1) + sine(1336, 5.0, amplitude=0.1), 0.1, off_s)
    assert is_bare_tones(keys, RATE)
    assert is_bare_tones(keys + 0.001 * np.random.default_rng(0).standard_normal(len(keys)).astype(np.float32), RATE)


def test_speech_noise_and_a_steady_tone_are_no_bare_tones(rng):
    noise = rng.standard_normal(5 * RATE).astype(np.float32)
    swelling = on_and_off(sine(770, 5.0), 0.5, 0.5) * (1 + 0.8 * sine(3, 5.0, amplitude=1.0))
    for x in (syllables(rng), programme(), swelling, on_and_off(noise, 0.1, 0.1), sine(770, 5.0), noise[:0]):
        assert not is_bare_tones(x, RATE)


@pytest.mark.parametrize("period_s", [0.5, 1.0])
def test_a_programme_switched_off_and_on_is_muted_for_half_of_the_time(period_s):
    assert muted_s(on_and_off(programme(), period_s, period_s), RATE) == pytest.approx(2.0 if period_s == 1 else 2.5)


def test_speech_that_is_gated_between_words_is_no_muting(rng):
    assert [muted_s(syllables(rng, 5.0), RATE) for _ in range(5)] == [0.0] * 5


def test_pauses_that_fade_bursts_of_tone_and_one_long_pause_are_no_muting():
    x, t = programme(), np.arange(5 * RATE) / RATE
    faded = x * np.exp(-np.maximum(t % 1.5 - 0.5, 0) / 0.06).astype(np.float32)
    half = np.where(t < 2.5, x, 0).astype(np.float32)
    for sound in (x, faded, half, on_and_off(sine(1000, 5.0), 1.0, 1.0), np.zeros(5 * RATE, np.float32)):
        assert muted_s(sound, RATE) == 0.0


@pytest.mark.parametrize(("silent_s", "level_dbfs"), [(0.0, -23.0), (1.9, -23.0), (2.1, -70.0)])
def test_the_lasting_level_is_that_of_most_of_the_time(silent_s, level_dbfs):
    x = sine(440, 5.0, amplitude=0.1)
    x[: round(silent_s * RATE)] *= 10 ** (-47 / 20)
    assert lasting_dbfs(x, RATE) == pytest.approx(level_dbfs, abs=0.3)


def test_clicks_in_silence_are_no_lasting_level_and_nothing_has_none():
    x = np.zeros(5 * RATE, np.float32)
    x[::1600] = 0.5
    assert lasting_dbfs(x, RATE) < -100
    assert np.isnan(lasting_dbfs(x[:10], RATE))
