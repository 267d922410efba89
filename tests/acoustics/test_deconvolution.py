"""A known room or echo is estimated from a dry and a wet signal; unrelated signals have low agreement."""

import numpy as np
import pytest
from scipy import signal

from horuslib.acoustics.deconvolution import LEAD_S, deconvolve, direct_lag, recovery_error_db, strongest_repeat
from horuslib.acoustics.rooms import convolve, delays_response, echo_response, room_response
from horuslib.audio.encode import round_trip
from horuslib.audio.levels import c50_db, rms, rt60_s
from tests.conftest import noise, syllables

RATE = 16000


@pytest.fixture
def dry(rng):
    """Speech-like, with consonants: noise between the syllables."""
    return (syllables(rng, 8.0) + 0.05 * noise(rng, 8.0)).astype(np.float32)


@pytest.mark.slow
@pytest.mark.parametrize(("delay_s", "gain_db"), [(0.08, -4.4), (0.2, -5.2), (1.0, -8.0)])
def test_an_echo_is_estimated_with_its_delay_and_gain(dry, delay_s, gain_db):
    known = echo_response(RATE, delay_s, gain_db, 2)
    found = deconvolve(dry, round_trip(convolve(dry, known), RATE), RATE)
    assert strongest_repeat(found.response, RATE) == pytest.approx((delay_s, gain_db), abs=0.3)
    assert strongest_repeat(found.response, RATE)[0] == pytest.approx(delay_s, abs=0.001)
    assert recovery_error_db(found.response, known, dry, RATE) < -15
    assert found.agreement > 0.9


@pytest.mark.slow
@pytest.mark.parametrize(("seconds", "within"), [(0.5, 0.2), (1.0, 0.25), (2.0, 0.35)])
def test_a_room_is_estimated_with_its_decay(rng, dry, seconds, within):
    """Longer tails are masked earlier by noise, which makes their decay less accurate."""
    known = room_response(rng, RATE, seconds, 0.0)
    wet = convolve(dry, known)
    found = deconvolve(dry, wet + noise(rng, 8.0, level_dbfs=-35) * rms(wet), RATE)
    tail = found.response[round(LEAD_S * RATE) :]
    assert recovery_error_db(found.response, known, dry, RATE) < -12
    assert rt60_s(tail, RATE, -20) == pytest.approx(rt60_s(known, RATE, -20), rel=within)
    assert c50_db(found.response, RATE) == pytest.approx(c50_db(known, RATE), abs=1)


@pytest.mark.slow
def test_an_echo_is_estimated_under_other_sound(rng, dry):
    """The other sound is as loud and in one recording only."""
    wet = convolve(dry, echo_response(RATE, 0.144, -2.0, 2)) + syllables(rng, 8.0)
    found = deconvolve(dry, wet, RATE, 1.0)
    assert strongest_repeat(found.response, RATE) == pytest.approx((0.144, -2.0), abs=1.0)


@pytest.mark.slow
def test_unrelated_sounds_have_low_agreement(rng, dry):
    assert deconvolve(dry, syllables(rng, 8.0) + 0.05 * noise(rng, 8.0), RATE).agreement < 0.5


@pytest.mark.slow
def test_a_wrong_alignment_has_low_agreement(dry):
    wet = convolve(dry, echo_response(RATE, 0.3, -5.0))
    assert deconvolve(dry[8000:], wet[:-8000], RATE, 0.4).agreement < 0.5


@pytest.mark.parametrize("lag", [-3000, -7, 0, 12, 4000])
def test_the_direct_sound_is_the_earliest_high_correlation(dry, lag):
    """Even where a repeat is as loud."""
    wet = convolve(dry, delays_response(RATE, [0.1], [0.0]))
    x, y = (
        (dry[:-5000], np.pad(wet, (lag, 0))[: len(dry) - 5000])
        if lag >= 0
        else (dry[:-5000], wet[-lag:][: len(dry) - 5000])
    )
    assert direct_lag(x, y, RATE) == pytest.approx(lag, abs=2)


@pytest.mark.slow
def test_frequencies_absent_from_the_dry_signal_do_not_count_as_errors(rng, dry):
    narrow = signal.sosfilt(signal.butter(8, 3000, fs=RATE, output="sos"), dry)
    known = echo_response(RATE, 0.25, -4.0)
    found = deconvolve(narrow, convolve(narrow, known), RATE)
    assert recovery_error_db(found.response, known, narrow, RATE) < -15
    assert recovery_error_db(found.response, known, noise(rng, 8.0), RATE) > -6, "all frequencies compared"


@pytest.mark.parametrize(
    ("dry_s", "wet_s", "scale", "message"),
    [(8, 7, 1, "two sounds of equal length, 5 s or more"), (4, 4, 1, "5 s or more"), (8, 8, 0, "one is silent")],
)
def test_signals_of_unequal_length_too_short_or_silent_are_rejected(rng, dry_s, wet_s, scale, message):
    with pytest.raises(ValueError, match=message):
        deconvolve(noise(rng, dry_s), scale * noise(rng, wet_s), RATE)
