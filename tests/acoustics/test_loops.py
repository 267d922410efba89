"""Loops are told from echoes by the grid on which their peaks stand, and by multiples that do not fall."""

import numpy as np
import pytest

from horuslib.acoustics.loops import Peak, highest, loop
from horuslib.acoustics.reflections import reflections
from horuslib.acoustics.whitening import RATE_HZ
from horuslib.synthesis.music import music

RATE = 16000


def peak(lag_s, prominence=15.0, height=20.0):
    return Peak(round(lag_s * RATE_HZ), prominence, height)


def test_peaks_at_simple_fractions_are_a_loops():
    repeat = peak(0.5)
    grid = [peak(0.375), peak(0.625), peak(0.75)]
    assert loop(repeat, 0.3, [repeat, *grid]) == 1
    assert loop(repeat, 0.3, [repeat, peak(0.371), peak(0.618), peak(0.743)]) == 0
    assert loop(repeat, 0.3, [repeat, *(p._replace(prominence=5.0) for p in grid)]) == 0


def test_a_repeat_on_the_grid_of_a_more_prominent_one_is_a_loops():
    """Eleven sixteenths: with the bar's peaks it has no simple ratio itself, with its sixteenths it has."""
    bar = [peak(1.0, 30.0), peak(0.5), peak(0.25), peak(1.25), peak(0.75)]
    assert loop(peak(1.0 * 11 / 12, 12.0), 0.3, bar) == 1
    assert loop(peak(0.947, 12.0), 0.3, bar) == 0


def test_one_peak_at_a_simple_fraction_may_be_chance():
    assert loop(peak(1.0), 0.3, [peak(1.0), peak(1.5)]) == 0


def test_a_peak_that_is_seen_twice_counts_once():
    repeat = peak(0.5)
    assert loop(repeat, 0.3, [repeat, peak(0.75), peak(0.7501), peak(0.7499)]) == 0


def test_repeats_of_an_echo_fall_and_bars_do_not():
    first = peak(0.4, height=40.0)
    falls = [peak(0.8, height=15.0), peak(1.2, height=6.0)]
    stays = [peak(0.8, height=38.0), peak(1.2, height=38.0)]
    assert loop(first, 0.4, [first, *falls]) == 0
    assert loop(first, 0.4, [first, *stays]) == 1


def test_a_second_repeat_that_is_high_because_the_echo_is_strong_is_no_loops():
    first = peak(0.4, height=50.0)
    second = peak(0.8, height=41.0)
    assert loop(first, 0.6, [first, second]) == 0
    assert loop(first, 0.2, [first, second]) > 0


def test_the_highest_peaks_are_found_once_each():
    prominences = np.zeros(2000)
    prominences[500], prominences[503], prominences[1000], prominences[1500] = 9.0, 8.0, 12.0, 4.0
    found = highest(prominences, np.arange(2100.0), first=100)
    assert [(p.lag, p.prominence, p.height) for p in found] == [(1100, 12.0, 1100.0), (600, 9.0, 600.0)]


def evidence(style, seeds, after=lambda x: x):
    """Echo evidence of the third five seconds of pieces of music: (without, with) the ten seconds before."""
    alone, informed = [], []
    for seed in seeds:
        x = after(music(np.random.default_rng(seed), 15.0, RATE, style))
        alone.append(reflections(x[10 * RATE :], RATE).echo)
        informed.append(reflections(x[10 * RATE :], RATE, x[: 10 * RATE]).echo)
    return np.array(alone), np.array(informed)


@pytest.mark.slow
@pytest.mark.parametrize("style", ["drum_machine", "arpeggio", "loops", "minimal", "chip", "delayed_voice"])
def test_sequenced_music_is_no_echo(style):
    alone, informed = evidence(style, range(100, 112))
    assert np.mean(informed > 0.1) <= 0.34
    assert informed.sum() <= alone.sum()


@pytest.mark.slow
@pytest.mark.parametrize("style", ["drum_machine", "arpeggio", "loops", "chip", "delayed_voice"])
def test_an_echo_over_sequenced_music_is_still_one(style):
    def with_echo(x):
        late = np.zeros_like(x)
        late[round(0.2437 * RATE) :] = x[: -round(0.2437 * RATE)]
        return x + 0.6 * late

    _, informed = evidence(style, range(100, 112), with_echo)
    assert np.mean(informed > 0.1) >= 0.7
