"""`quiet` separates low volume from loud sound, fades, pauses and low passages; echo and room: see test_reflections."""

import numpy as np
import pytest

from horuslib.acoustics.measures import MEASURES, measure_sound
from horuslib.audio.levels import typical_dbfs
from tests.conftest import noise, syllables

RATE = 16000


def quiet(x, target_lufs=-23.0):
    return measure_sound([x], RATE, ["quiet"], target_lufs)[0, MEASURES.index("quiet")]


@pytest.mark.parametrize(("under_target_db", "expected"), [(0, 0), (9, 0), (13.5, 0.5), (18, 1), (40, 1)])
def test_quiet_follows_the_level_of_steady_sound(rng, under_target_db, expected):
    x = noise(rng, 5.0, level_dbfs=-23 - under_target_db)
    assert quiet(x) == pytest.approx(expected, abs=0.05)


def test_quiet_is_relative_to_the_channels_target(rng):
    x = noise(rng, 5.0, level_dbfs=-36)
    assert quiet(x, -16.0) == 1 and quiet(x, -33.0) == 0


def test_quiet_is_robust_to_fades_pauses_and_loud_moments(rng):
    loud, low = noise(rng, 5.0, level_dbfs=-23), noise(rng, 5.0, level_dbfs=-50)
    n = len(loud)
    fading = loud * np.clip(np.linspace(2, 0, n), 0, 1)
    paused = np.where(np.arange(n) % RATE < 0.35 * RATE, low, loud)
    assert quiet(fading) == 0 and quiet(paused) == 0
    mostly_low = np.where(np.arange(n) < 0.25 * n, loud, low)
    assert quiet(mostly_low) == 1, "low volume in all but the first quarter"


def test_quiet_of_speech_follows_its_level(rng):
    measured = [quiet(syllables(rng, 5.0, level_dbfs=level)) for level in (-23, -28, -45, -52)]
    assert measured[:2] == [0, 0] and measured[2:] == [1, 1]


def test_words_between_long_pauses_are_not_quiet(rng):
    loud, low = noise(rng, 5.0, level_dbfs=-21), noise(rng, 5.0, level_dbfs=-60)
    words = np.where(np.arange(len(loud)) % (1.25 * RATE) < 0.4 * RATE, loud, low)
    assert quiet(words) == 0


def test_silence_has_no_level():
    assert typical_dbfs(np.zeros(RATE), RATE) == -np.inf
    assert quiet(np.zeros(5 * RATE)) == 1


def test_only_what_is_asked_for_is_measured(rng):
    x = noise(rng, 5.0, level_dbfs=-50)
    assert (measure_sound([x], RATE, ["echo", "room"])[:, MEASURES.index("quiet")] == 0).all()
    measured = measure_sound([x], RATE, ["quiet"])
    assert measured[0, : len(MEASURES)].tolist() == [0, 0, 1, 0] and np.isnan(measured[0, len(MEASURES) :]).all()
