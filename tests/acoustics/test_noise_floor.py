"""Steady noise under a programme has a floor; music, speech and silence have none."""

import numpy as np
import pytest

from horuslib.acoustics.noise_floor import NONE, noise_floor
from horuslib.synthesis.music import music
from tests.conftest import noise, syllables, tone

RATE = 16000


@pytest.mark.parametrize("rate", [16000, 44100])
@pytest.mark.parametrize("level_dbfs", [-20, -45])
def test_noise_of_any_level_is_a_floor(rng, rate, level_dbfs):
    found = noise_floor(noise(rng, 5, sample_rate_hz=rate, level_dbfs=level_dbfs), rate)
    assert found.noise == 1 and found.rise_db == pytest.approx(1.0, abs=0.4) and -0.4 < found.flatness_db < 0


@pytest.mark.parametrize("snr_db", [3, 10, 15])
def test_noise_under_speech_is_a_floor(rng, snr_db):
    speech = syllables(rng, 5)
    level = 20 * np.log10(np.std(speech)) - snr_db
    assert noise_floor(speech + noise(rng, 5, level_dbfs=level), RATE).noise > 0.9
    assert noise_floor(speech, RATE).noise < 0.1


def test_the_floor_of_a_good_recording_is_none(rng):
    speech = syllables(rng, 5)
    measured = [noise_floor(speech + noise(rng, 5, level_dbfs=-20 - db), RATE) for db in (20, 40)]
    assert measured[0].noise > 0.9 and measured[1].noise == 0
    assert measured[1].level_db == pytest.approx(measured[0].level_db - 20, abs=0.5)


@pytest.mark.slow
@pytest.mark.parametrize("style", ["rock", "dance", "song", "drum_machine", "orchestra"])
def test_music_is_no_floor(style):
    assert max(noise_floor(music(np.random.default_rng(seed), 5.0, RATE, style), RATE).noise for seed in range(3)) < 0.1


def test_a_tone_and_silence_are_no_floor():
    assert noise_floor(tone(), RATE).noise == 0
    assert noise_floor(np.zeros(5 * RATE), RATE) == NONE
    assert noise_floor(np.ones(100), RATE) == NONE


def test_noise_that_comes_and_goes_is_no_floor(rng):
    swelling = noise(rng, 5) * (1 + 0.9 * np.sin(2 * np.pi * 0.7 * np.arange(5 * RATE) / RATE))
    assert noise_floor(swelling, RATE).noise < 0.5
