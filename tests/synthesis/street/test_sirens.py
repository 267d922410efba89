"""Sirens sweep, alternate and wind down as those that are built do."""

import numpy as np
import pytest
from scipy import signal

from horuslib.synthesis.street.alerts import ALERTS
from horuslib.synthesis.street.sirens import SIRENS

RATE_HZ = 16000


def track_hz(x, window_s=0.064):
    """The strongest frequency over 200 Hz of every 16 ms."""
    n = round(window_s * RATE_HZ)
    frequencies, _, spectrum = signal.stft(x, RATE_HZ, nperseg=n, noverlap=n - 256)
    power = np.abs(spectrum) * (frequencies > 200)[:, None]
    return frequencies[power.argmax(axis=0)]


def turns_per_s(x, smooth=3):
    """How often the dominant frequency, smoothed over so many frames of 16 ms, rises through its own middle."""
    track = signal.medfilt(track_hz(x), smooth)
    above = track > np.sqrt(np.percentile(track, 10) * np.percentile(track, 90))
    return np.count_nonzero(np.diff(above.astype(int)) == 1) / (len(x) / RATE_HZ)


@pytest.mark.parametrize(("name", "low", "high"), [("wail", 0.1, 0.7), ("yelp", 1.5, 6), ("hi_lo", 0.35, 1.6)])
def test_rates(name, low, high):
    rates = [turns_per_s(SIRENS[name](np.random.default_rng(seed), 8, RATE_HZ)) for seed in range(5)]
    assert low <= np.median(rates) <= high


def test_hi_lo_has_two_pitches_and_three_tone_has_three():
    for name, notes in (("hi_lo", 2), ("three_tone", 3)):
        x = SIRENS[name](np.random.default_rng(4), 8, RATE_HZ)
        values, counts = np.unique((track_hz(x) / 31.25).round(), return_counts=True)
        assert notes <= len(values[counts > 0.05 * counts.sum()]) <= 3 * notes


def test_the_rotor_coasts_down():
    track = track_hz(SIRENS["electromechanical"](np.random.default_rng(2), 10, RATE_HZ))
    assert np.percentile(track, 95) / np.percentile(track, 5) > 1.3
    assert np.median(np.abs(np.diff(track))) < 40  # it glides, it does not jump


@pytest.mark.slow
def test_a_civil_defence_wail_has_two_rotors_a_minor_third_apart():
    """What marks it beside its slowness: two pitches at a time in the ratio 6:5, where a vehicle has one."""
    for make, wanted in ((ALERTS["civil_defence"], True), (SIRENS["wail"], False)):
        found = []
        for seed in range(4):
            x = make(np.random.default_rng(seed), 10, RATE_HZ)
            for part in x[: 8 * RATE_HZ].reshape(-1, RATE_HZ // 2):
                spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
                peaks, _ = signal.find_peaks(spectrum, height=0.1 * spectrum.max(), distance=8)
                found.append((np.abs(peaks[:, None] / peaks[None, :] - 1.2) < 0.02).any())
        assert (np.mean(found) > 0.7) == wanted


def test_alarms_have_their_patterns():
    """T3 has pulses of half a second, T4 of a tenth; a line-up tone is steady."""
    lengths = []
    for seed in range(12):
        x = ALERTS["smoke_alarm"](np.random.default_rng(seed), 10, RATE_HZ)
        on = np.sqrt(np.mean(x.reshape(-1, 160) ** 2, axis=1)) > 0.3 * x.max()
        edges = np.flatnonzero(np.diff(np.pad(on.astype(int), 1)))
        runs = (edges[1::2] - edges[::2])[1:-1] / 100
        lengths.append(float(np.median(runs)))
    assert {round(length, 1) for length in lengths} == {0.1, 0.5}
