"""Rooms have the requested decay and direct sound; echoes have the requested delays and gains."""

import numpy as np
import pytest
from scipy import signal

from horuslib.acoustics.rooms import convolve, delays_response, echo_response, room_response
from horuslib.audio.levels import c50_db, rms, rt60_s
from tests.conftest import noise

RATE = 16000


def octave(x, centre_hz):
    return signal.sosfiltfilt(
        signal.butter(3, [centre_hz / 1.414, centre_hz * 1.414], "band", fs=RATE, output="sos"), x
    )


@pytest.mark.parametrize("seconds", [0.3, 0.6, 1.0, 2.0, 4.0])
def test_a_room_has_the_requested_rt60(rng, seconds):
    """ISO 3382-1 takes the mean of the 500 Hz and 1 kHz octaves."""
    rooms = [room_response(rng, RATE, seconds, 0.0) for _ in range(5)]
    middle = np.mean([[rt60_s(octave(room, hz), RATE) for hz in (500, 1000)] for room in rooms])
    assert middle == pytest.approx(seconds, rel=0.12)
    assert np.mean([rt60_s(room, RATE) for room in rooms]) == pytest.approx(seconds, rel=0.15)


def test_high_frequencies_decay_faster(rng):
    rooms = [room_response(rng, RATE, 1.5, 0.0) for _ in range(2)]
    low, high = (np.mean([rt60_s(octave(room, hz), RATE) for room in rooms]) for hz in (250, 4000))
    assert high < 0.8 * low


def test_damping_sets_the_decay_of_high_frequencies(rng):
    """RT60 at 4 kHz over that at 250 Hz: 1 at damping 0, far less at damping 2; 500-1000 Hz as requested in both."""
    ratios = []
    for damping in (0.0, 2.0):
        rooms = [room_response(rng, RATE, 1.5, 0.0, damping) for _ in range(4)]
        low, middle, high = (np.mean([rt60_s(octave(x, hz), RATE) for x in rooms]) for hz in (250, 700, 4000))
        assert middle == pytest.approx(1.5, rel=0.15)
        ratios.append(high / low)
    assert ratios[0] == pytest.approx(1, abs=0.15) and ratios[1] < 0.6


@pytest.mark.parametrize("ratio_db", [-10.0, 0.0, 15.0])
@pytest.mark.parametrize("rate", [16000, 22050])
def test_direct_to_reverberant_ratio_is_exact(rng, rate, ratio_db):
    room = room_response(rng, rate, 0.8, ratio_db).astype(float)
    assert room[0] == 1
    assert 10 * np.log10(1 / np.sum(room[1:] ** 2)) == pytest.approx(ratio_db, abs=0.01)


def test_early_reflections_are_sparse_and_the_tail_is_dense(rng):
    """Kurtosis: before 15 ms the response has single reflections; after 100 ms it is dense."""
    room = room_response(rng, RATE, 1.0, 0.0).astype(float)
    kurtosis = [np.mean(x**4) / np.mean(x**2) ** 2 for x in (room[1:240], room[1600:2600])]
    assert kurtosis[0] > 8
    assert 2 < kurtosis[1] < 5


def test_clarity_falls_with_the_direct_sound(rng):
    clear, blurred = (np.mean([c50_db(room_response(rng, RATE, 2.0, db), RATE) for _ in "abc"]) for db in (15, -10))
    assert clear > 14
    assert blurred < 2


def test_the_same_generator_makes_the_same_room():
    a, b, c = (room_response(np.random.default_rng(seed), RATE, 1.0, 0.0) for seed in (1, 1, 2))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


@pytest.mark.parametrize("seconds", [0.0, 11.0])
def test_impossible_rooms_are_refused(rng, seconds):
    with pytest.raises(ValueError, match=f"rt60_s is {seconds}"):
        room_response(rng, RATE, seconds, 0.0)


def test_an_echo_repeats_and_falls():
    response = echo_response(RATE, 0.25, -6.0, repeats=3)
    taps = np.flatnonzero(response)
    assert taps.tolist() == [0, 4000, 8000, 12000]
    assert 20 * np.log10(response[taps]) == pytest.approx([0, -6, -12, -18], abs=0.01)


def test_delays_are_independent():
    response = delays_response(RATE, [0.5, 0.31, 1.7], [-6.0, -3.0, -12.0])
    taps = np.flatnonzero(response)
    assert taps.tolist() == [0, 4960, 8000, 27200]
    assert 20 * np.log10(response[taps]) == pytest.approx([0, -3, -6, -12], abs=0.01)
    line = delays_response(RATE, [0.5], [0.0], (300.0, 3400.0))
    assert line[0] == 1 and not line[1:7900].any()
    spectrum = 20 * np.log10(np.abs(np.fft.rfft(line[8000:], 16000)))
    assert spectrum[1000] == pytest.approx(0, abs=0.5) and max(spectrum[50], spectrum[7000]) < -10


@pytest.mark.parametrize(("delays_s", "gains_db"), [([], []), ([0.5], [0, 0]), ([-0.1], [0])])
def test_impossible_delays_are_refused(delays_s, gains_db):
    with pytest.raises(ValueError, match="every delay needs to be over 0 and to have one gain"):
        delays_response(RATE, delays_s, gains_db)


def test_each_repeat_passes_the_low_pass_once_more():
    response = echo_response(RATE, 0.25, -6.0, repeats=2, lowpass_hz=2000)
    at_4_khz = []
    for repeat in (response[4000:8000], response[8000:12000]):
        spectrum = np.abs(np.fft.rfft(repeat, 16000))
        at_4_khz.append(20 * np.log10(spectrum[4000] / spectrum[100]))
    assert at_4_khz[0] < -12
    assert at_4_khz[1] == pytest.approx(2 * at_4_khz[0], abs=1)


@pytest.mark.parametrize("given", [(0.0, -6.0, 1), (0.2, 3.0, 1), (0.2, -6.0, 0)])
def test_impossible_echoes_are_refused(given):
    with pytest.raises(ValueError, match="an echo needs delay_s > 0"):
        echo_response(RATE, *given)


def test_convolution_keeps_length_alignment_and_level(rng):
    x = noise(rng, 2.0, level_dbfs=-23)
    wet = convolve(x, room_response(rng, RATE, 1.0, 6.0))
    assert wet.shape == x.shape and wet.dtype == np.float32
    assert rms(wet) == pytest.approx(rms(x), rel=1e-3)
    lag = np.argmax(signal.correlate(wet, x, "full")) - (len(x) - 1)
    assert lag == 0


def test_wrap_adds_the_tail_at_the_start():
    x = np.zeros(RATE, np.float32)
    x[-100] = 1
    response = echo_response(RATE, 0.25, -6.0)
    assert np.abs(convolve(x, response)[:8000]).max() < 1e-6
    assert np.argmax(convolve(x, response, wrap=True)[:8000]) == 4000 - 100


def test_silence_stays_silent_in_a_room(rng):
    assert not convolve(np.zeros(RATE), room_response(rng, RATE, 1.0, 0.0)).any()
