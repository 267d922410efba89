"""Rooms and echoes have their drawn parameters, measured on the transform's impulse response."""

import numpy as np
import pytest

from horuslib.audio import levels
from horuslib.augmentation.echoes import AUDIBLE_ECHO_DB, BLURRED_C50_DB, ECHOES, RINGING_RT60_S, AddEcho, AddRoom
from tests.conftest import syllables

RATES = [16000, 22050]
DRAWS = 12


def click(seconds=5.0, rate=16000):
    x = np.zeros(round(seconds * rate), np.float32)
    x[0] = 1
    return x


@pytest.fixture
def speech(rng):
    return syllables(rng, level_dbfs=-23)


@pytest.mark.parametrize("rate", RATES)
def test_a_faulty_room_has_long_rt60_and_low_c50(rate):
    """The response of the transform to a click has an RT60 over 0.6 s and a C50 within the bound."""
    for seed in range(DRAWS):
        fault = AddRoom(running_share=0.0, seed=seed)
        response = fault(click(rate=rate), rate)
        assert 0.8 * RINGING_RT60_S < levels.rt60_s(response, rate) < 1.2 * 4.0
        assert levels.rt60_s(response, rate) == pytest.approx(fault.parameters["rt60_s"], rel=0.35)
        assert levels.c50_db(response, rate) <= BLURRED_C50_DB + 0.1
        assert levels.c50_db(response, rate) == pytest.approx(fault.parameters["c50_db"], abs=0.1)


def test_halls_have_more_late_than_early_energy():
    """A hall of 4 s with little direct sound has a C50 far under zero, as churches and arenas do."""
    fault = AddRoom(3.5, 4.0, -10, -6, seed=1)
    fault(click(), 16000)
    assert fault.parameters["c50_db"] < -3


def test_bounds_that_no_room_meets_are_rejected(speech):
    with pytest.raises(ValueError, match=r"RT60 of 0.1 to 0.2 s .* 20 to 30 dB has a C50 of -30.0 to 8.0 dB"):
        AddRoom(0.1, 0.2, 20, 30)(speech, 16000)


@pytest.mark.slow
@pytest.mark.parametrize("rate", RATES)
def test_every_kind_of_echo_has_its_delay_and_gain(rate):
    """The strongest repeat of a click is at delay_s with gain_db; before 60 ms there is none.

    Low-passes and band-limited lines spread a repeat: there, its delay is checked to 2 ms and its level not at all.
    """
    kinds = set()
    for seed in range(60):
        fault = AddEcho(running_share=0.0, seed=seed)
        y = np.abs(fault(click(rate=rate), rate).astype(float))
        p = fault.parameters
        y /= y[0]
        assert not (y[1 : round(0.059 * rate)] > 1e-6).any()
        filtered = p["kind"] == "feed" or (p["lowpass_hz"] and p["kind"] in ("slap", "regular"))
        first = 1 + np.argmax(y[1:])
        assert first / rate == pytest.approx(p["delay_s"], abs=2e-3 if filtered else 1e-4), p
        if not filtered:
            assert 20 * np.log10(y[first]) == pytest.approx(p["gain_db"], abs=0.01)
            taps = np.count_nonzero(y[1:] > 1e-6)
            assert taps <= (len(p["delays_s"]) if p["kind"] == "delays" else p["repeats"])
        assert p["gain_db"] >= AUDIBLE_ECHO_DB and 0.06 <= p["delay_s"] <= 2.0
        assert p["kind"] != "slap" or p["delay_s"] <= 0.2
        kinds.add(p["kind"])
    assert kinds == set(ECHOES)


@pytest.mark.parametrize("fault", [AddRoom, AddEcho])
def test_rooms_and_echoes_keep_the_loudness(speech, fault):
    assert levels.lufs(fault(seed=2)(speech, 16000), 16000) == pytest.approx(levels.lufs(speech, 16000), abs=2)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AddRoom(min_rt60_s=0.01), "RT60 goes from 0.01"),
        (lambda: AddEcho(min_delay_s=0.01), "within 0.06 to 2"),
        (lambda: AddEcho(max_gain_db=6), "gain of a repeat goes from -9.0 to 6"),
    ],
)
def test_constructors_check_what_they_are_given(make, message):
    with pytest.raises(ValueError, match=message):
        make()
