"""Places have their level, and a level variation that hiss does not have."""

import numpy as np
import pytest

from horuslib.audio.levels import movement_db, rms_dbfs
from horuslib.synthesis.ambience import PLACES, noise, room_tone
from horuslib.synthesis.machines import MACHINES
from horuslib.synthesis.outdoors import OUTDOORS

RATE_HZ = 16000


def spread_db(x):
    """Spread of the level of quarter-second frames."""
    return np.std([rms_dbfs(frame) for frame in x[: len(x) // 4000 * 4000].reshape(-1, 4000)])


EVERYWHERE = {**PLACES, **MACHINES, **OUTDOORS}


@pytest.mark.slow
@pytest.mark.parametrize("place", EVERYWHERE)
def test_places_have_their_level_and_vary(place):
    first, again = (EVERYWHERE[place](np.random.default_rng(3), 8.1, RATE_HZ) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (129600,)
    assert first.dtype == np.float32
    assert rms_dbfs(first) == pytest.approx(-26, abs=0.1)
    hiss = noise(np.random.default_rng(3), len(first), 0.0)
    assert spread_db(first) > 3 * spread_db(hiss)


@pytest.mark.parametrize("slope_db_per_octave", [0.0, -3.0, -6.0])
def test_noise_has_its_spectral_slope(rng, slope_db_per_octave):
    power = np.abs(np.fft.rfft(noise(rng, 160000, slope_db_per_octave))) ** 2
    low, high = power[5000:10000].mean(), power[20000:40000].mean()
    assert 10 * np.log10(high / low) == pytest.approx(2 * slope_db_per_octave, abs=0.5)


def test_room_tone_is_quiet(rng):
    assert rms_dbfs(room_tone(rng, 2, RATE_HZ, -70)) == pytest.approx(-70, abs=0.2)


def test_movement_is_high_for_bells_and_low_for_engines(rng):
    """Bells vary enough for an echo to be audible, an engine does not."""
    assert movement_db(OUTDOORS["bells"](rng, 8, RATE_HZ), RATE_HZ) > 2
    assert movement_db(MACHINES["engine"](rng, 8, RATE_HZ), RATE_HZ) < 1.6
    gusts, beats = (
        np.repeat(x, 800) * noise(rng, 128000) for x in (np.geomspace(0.01, 1, 160), np.tile([1, 1, 0], 54)[:160])
    )
    assert movement_db(gusts, RATE_HZ) < 2 < 8 < movement_db(beats, RATE_HZ)
