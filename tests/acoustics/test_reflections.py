"""Synthetic echoes and rooms are detected without the dry signal."""

import numpy as np
import pytest
from scipy import signal, stats

from horuslib.acoustics import reflections as reflections_module
from horuslib.acoustics.measures import DETAILS, MEASURES, measure_sound
from horuslib.acoustics.reflections import NONE, reflections
from horuslib.acoustics.repeats import Repeat
from tests.conftest import noise

RATE = 16000


def talk(rng, seconds=5.0, rate=RATE):
    """Noise bursts of random colour, four a second: modulated as speech, without repetition."""
    x = np.zeros(round(seconds * rate))
    for start in np.arange(0, seconds - 0.3, 0.25):
        n = round(rng.uniform(0.1, 0.2) * rate)
        low = rng.uniform(200, 1200)
        sos = signal.butter(2, [low, low * rng.uniform(2, 3)], "bandpass", fs=rate, output="sos")
        at = round((start + rng.uniform(0, 0.08)) * rate)
        x[at : at + n] += signal.sosfilt(sos, rng.standard_normal(n)) * np.hanning(n)
    return 0.1 * x / x.std() + 1e-4 * rng.standard_normal(len(x))


def voice(rng, seconds=5.0, rate=RATE):
    """A sawtooth of varying pitch between 100 and 200 Hz, in syllables: as periodic as speech."""
    t = np.arange(round(seconds * rate)) / rate
    pitch = 150 + 40 * np.interp(
        t, np.arange(0, seconds + 1, 0.15), rng.uniform(-1, 1, len(np.arange(0, seconds + 1, 0.15)))
    )
    buzz = signal.sawtooth(2 * np.pi * np.cumsum(pitch) / rate)
    return 0.1 * buzz * np.clip(np.sin(2 * np.pi * 3 * t), 0, 1) + 1e-3 * rng.standard_normal(len(t))


def repeated(x, delay_s, gain, rate=RATE):
    late = np.zeros_like(x)
    late[round(delay_s * rate) :] = x[: len(x) - round(delay_s * rate)]
    return x + gain * late


def in_room(x, rng, rt60_s, rate=RATE, direct=0.3):
    """Direct sound and a tail of noise that has fallen by 60 dB after `rt60_s`."""
    t = np.arange(round(rt60_s * rate)) / rate
    tail = rng.standard_normal(len(t)) * 10 ** (-3 * t / rt60_s)
    tail /= np.sqrt((tail**2).sum())
    tail[0] += direct
    return signal.fftconvolve(x, tail)[: len(x)]


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.mark.parametrize("delay_s", [0.06, 0.117, 0.37, 1.0, 1.9])
@pytest.mark.parametrize("sound", [talk, voice])
def test_an_echo_is_detected_with_its_delay(rng, sound, delay_s):
    found = reflections(repeated(sound(rng), delay_s, 0.5), RATE)
    assert found.echo > 0.9
    assert found.delay_s == pytest.approx(delay_s, abs=0.001)


@pytest.mark.parametrize("sound", [talk, voice])
def test_dry_sound_has_neither_echo_nor_room(rng, sound):
    found = reflections(sound(rng), RATE)
    assert found.echo == 0
    assert found.room == 0
    assert np.isnan(found.rt60_s)


@pytest.mark.parametrize("sound", [talk, voice])
def test_the_echo_measure_follows_the_gain(rng, sound):
    x = sound(rng)
    strong, between, faint = (reflections(repeated(x, 0.37, 10 ** (db / 20)), RATE) for db in (-9, -15, -20))
    assert [strong.gain, between.gain, faint.gain] == pytest.approx([0.33, 0.16, 0.1], abs=0.04)
    assert strong.echo > 0.9 > 0.6 > between.echo > 0.1 > faint.echo


def test_of_several_repeats_the_first_gives_the_delay(rng):
    x = talk(rng)
    assert reflections(repeated(x, 0.2, 0.4) + repeated(x, 0.4, 0.45) - x, RATE).delay_s == pytest.approx(
        0.2, abs=0.001
    )


@pytest.mark.parametrize("rt60_s", [1.0, 2.0, 3.0])
@pytest.mark.parametrize("sound", [talk, voice])
def test_a_room_is_detected_with_its_approximate_rt60(rng, sound, rt60_s):
    found = reflections(in_room(sound(rng), rng, rt60_s), RATE)
    assert found.room > 0.9
    assert found.echo < 0.05
    assert rt60_s / 1.6 < found.rt60_s < rt60_s * 1.6


def test_held_notes_in_a_hall_are_no_room(rng):
    """An organ in a church: chords that change every second, in a room that would blur speech."""
    t = np.arange(5 * RATE) / RATE
    x = np.zeros(len(t))
    for second, root in enumerate((220.0, 174.6, 196.0, 261.6, 220.0)):
        held = np.clip(20 * (t - second), 0, 1) * np.clip(20 * (second + 1 - t), 0, 1)
        x += held * sum(np.sin(2 * np.pi * root * r * k * t) / k for r in (1, 1.26, 1.5) for k in range(1, 8))
    organ, speech = (reflections(in_room(s, rng, 2.5), RATE) for s in (0.05 * x, talk(rng)))
    assert organ.tail > -0.05 and speech.room > 0.9
    assert organ.room == 0 and organ.tonal > 0.6 > 0.3 > speech.tonal


def test_measured_rt60_increases_with_the_rooms(rng):
    x = talk(rng)
    times = [reflections(in_room(x, np.random.default_rng(1), rt60_s), RATE).rt60_s for rt60_s in (0.8, 1.6, 3.2)]
    assert times == sorted(times)


def test_a_small_room_is_no_fault(rng):
    assert reflections(in_room(talk(rng), rng, 0.3, direct=2.0), RATE).room == 0


def test_a_loop_that_repeats_some_of_its_events_is_no_echo(rng):
    """A drum sample repeated on every beat, under speech without repetition."""
    x, hit = talk(rng), rng.standard_normal(800) * np.exp(-np.arange(800) / 150)
    for beat in np.arange(0, 4.9, 0.5):
        x[round(beat * RATE) :][:800] += 0.8 * hit
    found = reflections(x, RATE)
    assert found.delay_s / 0.5 == pytest.approx(round(found.delay_s / 0.5), abs=0.002)
    assert found.prominence > 15
    assert found.echo < 0.5


def test_a_held_chord_is_no_echo():
    t = np.arange(5 * RATE) / RATE
    chord = sum(np.sin(2 * np.pi * f * k * t + k) / k for f in (220.0, 277.2, 329.6) for k in range(1, 8))
    assert reflections(0.05 * chord * (1 + 0.3 * np.sin(2 * np.pi * 5 * t)), RATE).echo == 0


@pytest.mark.parametrize("seed", range(5))
def test_a_guitar_that_repeats_its_chord_is_no_echo(seed):
    """Power chords rich in harmonics correlate at every multiple of their period. With some speech and an echo of both,
    the echo is detected."""
    rng, t = np.random.default_rng(seed), np.arange(5 * RATE) / RATE
    x, n = np.zeros(len(t)), round(0.55 * RATE)
    for start in range(0, len(t), n):
        some, root = t[start : start + n], rng.choice([82.4, 82.4, 98.0, 110.0])
        for note in (root, 1.5 * root):
            for h in range(1, int(3800 / note)):
                x[start : start + n] += np.sin(2 * np.pi * h * note * some + rng.uniform(0, 2 * np.pi)) / np.sqrt(h)
    x = 0.05 * x / x.std()
    found = reflections(x + 0.01 * rng.standard_normal(len(x)), RATE)
    assert found.prominence > 8 and found.gain > 0.5
    assert found.echo < 0.05
    x = repeated(x + 0.2 * talk(rng), 0.4, 0.7)
    assert reflections(x, RATE).echo > 0.5


def test_reverberation_times_are_unbiased(rng):
    """A single estimate may be off by half; the geometric mean of the ratios to the truth is 1."""
    ratios = []
    for k in range(24):
        rt60_s = 0.8 + 0.09 * k
        x = 0.1 * rng.standard_normal(5 * RATE) * np.clip(np.sin(2 * np.pi * 3 * np.arange(5 * RATE) / RATE), 0, 1)
        found = reflections(in_room(x, rng, rt60_s), RATE).rt60_s
        if np.isfinite(found):
            ratios.append(found / rt60_s)
    assert len(ratios) >= 20
    assert np.exp(np.mean(np.log(ratios))) == pytest.approx(1.0, abs=0.15)


def test_an_echo_is_detected_beside_a_desk_reflection_a_hum_and_a_steady_voice(rng):
    """Sounds with autocorrelation peaks within 50 ms, with an echo: a close reflection, a voice of constant pitch."""
    desk = repeated(talk(rng), 0.008, 0.5)
    t = np.arange(5 * RATE) / RATE
    pitch = 120 + 5 * np.interp(t, np.arange(0, 6, 0.15), rng.uniform(-1, 1, 40))
    steady = 0.1 * signal.sawtooth(2 * np.pi * np.cumsum(pitch) / RATE) * np.clip(np.sin(2 * np.pi * 3 * t), 0, 1)
    for x in (desk, steady + 1e-3 * rng.standard_normal(len(t)), talk(rng) + 0.02 * np.sin(2 * np.pi * 300 * t)):
        dry, wet = reflections(x, RATE), reflections(repeated(x, 0.4, 0.5), RATE)
        assert dry.echo == 0
        assert wet.echo > 0.9 and wet.beside < 0.7


def test_beside_is_the_height_of_the_neighbouring_peak(rng):
    """Noise with two repeats: the second, 20 ms later, has 0.4 of the first's height, at short and long delays."""
    for delay_s, rate in ((0.06, RATE), (2896 / 48000, 48000), (0.3, RATE), (2.05, RATE)):  # one between two samples
        x = 0.1 * rng.standard_normal(5 * rate)
        first, second = (repeated(x, s, 1.0, rate) - x for s in (delay_s, delay_s + 0.02))
        found = reflections(x + 0.5 * first + 0.2 * second, rate)
        assert found.delay_s == pytest.approx(delay_s, abs=0.001)
        assert found.beside == pytest.approx(0.4, abs=0.1)


@pytest.mark.parametrize("seed", range(5))
def test_a_decaying_piano_is_no_room(seed):
    """A note every 0.3 s, each decaying over seconds, without a room; with speech added, a room is detected."""
    rng, t = np.random.default_rng(seed), np.arange(5 * RATE) / RATE
    x = np.zeros(len(t))
    for start in range(0, len(t) - RATE // 10, round(0.3 * RATE)):
        f, u = 220 * 2 ** (rng.integers(-12, 13) / 12), t[: len(t) - start]
        for h in range(1, 9):
            x[start:] += np.exp(-u * (1.5 + 0.4 * h)) * np.sin(2 * np.pi * h * f * u + rng.uniform(0, 2 * np.pi)) / h
    x = 0.1 * x / x.std()
    found = reflections(x + 5e-4 * rng.standard_normal(len(x)), RATE)
    assert found.tail > -0.2 and found.tonal < 0.5
    assert found.evenness < 0.3
    assert found.room == 0
    assert reflections(in_room(0.2 * x + talk(rng), rng, 2.0), RATE).room > 0.5


def test_measures_are_invariant_to_level(rng):
    x = repeated(talk(rng), 0.3, 0.5)
    loud, quiet = reflections(x, RATE), reflections(0.05 * x, RATE)
    assert quiet.prominence == pytest.approx(loud.prominence, rel=1e-3)
    assert quiet.tail == pytest.approx(loud.tail, abs=1e-3)


@pytest.mark.parametrize("rate", [8000, 22050, 48000])
def test_measures_are_invariant_to_sample_rate(rng, rate):
    found = reflections(repeated(talk(rng, rate=rate), 0.3, 0.5, rate), rate)
    assert found.echo > 0.9
    assert found.delay_s == pytest.approx(0.3, abs=0.001)


def test_an_echo_survives_noise_and_a_narrow_line(rng):
    x = repeated(talk(rng), 0.4, 0.5)
    noisy = x + 0.03 * rng.standard_normal(len(x))  # 10 dB under it
    narrow = signal.sosfilt(signal.butter(4, [300, 3400], "bandpass", fs=RATE, output="sos"), noisy)
    assert reflections(narrow, RATE).echo > 0.9


@pytest.mark.parametrize("x", [np.zeros(5 * RATE), 1e-4 * np.sin(np.arange(5 * RATE) * 0.02), 0.1 * np.ones(2 * RATE)])
def test_silence_hum_and_short_sound_are_not_measured(x):
    assert reflections(x, RATE) == NONE


def test_sound_outside_the_band_is_not_measured(rng):
    """A tone above the band or a DC offset leaves only rounding errors in it; added speech is measured."""
    for x in (0.1 * np.sin(2 * np.pi * 5000 * np.arange(5 * RATE) / RATE), 0.1 * np.ones(5 * RATE)):
        assert reflections(x, RATE) == NONE
        assert reflections(x + repeated(talk(rng), 0.3, 0.5), RATE).echo > 0.9


def test_a_rate_that_is_too_low_is_refused():
    with pytest.raises(ValueError, match="the rate is 4000 Hz, the lowest possible 8000"):
        reflections(np.zeros(20000), 4000)


def test_only_requested_measures_are_computed(rng):
    x = repeated(talk(rng), 0.3, 0.5)
    everything = measure_sound([x, np.zeros(5 * RATE)], RATE, MEASURES)
    assert everything.shape == (2, len(MEASURES) + len(DETAILS))
    assert everything[0, MEASURES.index("echo")] > 0.9
    assert everything[0, len(MEASURES) + DETAILS.index("delay_s")] == pytest.approx(0.3, abs=0.001)
    assert measure_sound([x], RATE, ["room"])[0, MEASURES.index("echo")] == 0
    assert (measure_sound([x], RATE, [])[:, : len(MEASURES)] == 0).all()


def test_the_typical_energy_of_noise_is_its_mean(rng):
    energy = rng.standard_normal((4, 3 * reflections_module.RATE_HZ)) ** 2
    assert reflections_module._typical(energy, 0.1, 2.1) == pytest.approx(1.0, abs=0.06)
    assert pytest.approx(stats.chi2(1).median(), abs=0.001) == reflections_module._MEDIAN_OF_SQUARE


@pytest.mark.parametrize("lags", [8, 9])
def test_the_typical_energy_is_a_median(rng, lags):
    energy = rng.random((2, lags))
    found = reflections_module._typical(energy, 0.0, lags / reflections_module.RATE_HZ)
    assert found == pytest.approx(np.median(energy, axis=1) / reflections_module._MEDIAN_OF_SQUARE)


def test_a_tail_of_noise_is_even_and_that_of_a_note_is_not(rng):
    lags = np.arange(round(2.1 * reflections_module.RATE_HZ))
    note = np.cos(2 * np.pi * 900 * lags / reflections_module.RATE_HZ)
    even, ringing = reflections_module._evenness(np.stack([rng.standard_normal(len(lags)), note]))
    assert even == pytest.approx(0.5, abs=0.06) and ringing < 0.02


@pytest.mark.parametrize(
    ("tail", "room"),
    [
        ((0.0, 0.6, 0.2), 1.0),
        ((-0.125, 0.6, 0.2), 0.5),
        ((0.0, 0.435, 0.2), 0.5),
        ((0.0, 0.6, 0.475), 0.5),
        ((0.0, 0.6, 0.7), 0.0),
    ],
)
def test_a_room_takes_a_tail_that_is_high_even_and_not_of_notes(rng, tail, room):
    repeat = Repeat(0.0, np.nan, 0.0, 0.0)
    found = reflections_module._combined(repeat, reflections_module._Tail(*tail), noise(rng, 3, 8000))
    assert found.room == pytest.approx(room)


def test_what_is_too_quiet_in_the_band_is_not_measured(rng):
    """A loud tone above the band hides how little there is within it."""
    t = np.arange(5 * RATE) / RATE
    above = 0.1 * np.sin(2 * np.pi * 5000 * t)
    assert reflections(above + noise(rng, 5, level_dbfs=-80), RATE) == NONE
    assert reflections(above + noise(rng, 5, level_dbfs=-40), RATE) != NONE
