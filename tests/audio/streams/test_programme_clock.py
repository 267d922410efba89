"""Times of packets in the programme, whatever their clock does."""

import pytest

from horuslib.audio.streams.programme_clock import LONGEST_OUTAGE_S, PICTURE, SOUND, ProgrammeClock


def packets(clock, kind, from_s, to_s, raw_s, step_s=0.5):
    """Place packets of `from_s`..`to_s` whose raw times begin at `raw_s`; gives the time of the first."""
    first, *_ = [clock.place(kind, raw_s + k * step_s, step_s) for k in range(round((to_s - from_s) / step_s))]
    return first


def test_a_start_that_is_not_zero():
    assert ProgrammeClock(start_s=1.4).place(SOUND, 1.5, 0.02) == pytest.approx(0.1)


@pytest.mark.parametrize(("jump_s", "counts"), [(LONGEST_OUTAGE_S - 1, True), (LONGEST_OUTAGE_S + 1, False)])
def test_the_bound_between_an_outage_and_a_clock_that_was_set(jump_s, counts):
    clock = ProgrammeClock()
    packets(clock, SOUND, 0, 10, 0)
    assert clock.place(SOUND, 10 + jump_s, 0.5) == pytest.approx(10 + jump_s * counts)
    assert len(clock.jumps) == (not counts)


def test_sound_and_pictures_stay_in_step_over_a_jump():
    clock = ProgrammeClock()
    packets(clock, PICTURE, 0, 10.5, 0)
    packets(clock, SOUND, 0, 10, 0)
    assert packets(clock, SOUND, 10, 12, 90010) == pytest.approx(10)
    assert clock.place(PICTURE, 90010.5, 0.5) == pytest.approx(10.5)
    assert clock.jumps == [(10.0, 90000.0)]


@pytest.mark.parametrize(
    ("pictures_to_s", "raw_s", "at_s", "jumps"),
    [(20000, 20000, 20000, 0), (15, 90015, 15, 1)],
    ids=["a loss of any length", "a loss at a jump"],
)
def test_sound_that_was_lost_comes_back_where_the_pictures_are(pictures_to_s, raw_s, at_s, jumps):
    clock = ProgrammeClock()
    packets(clock, SOUND, 0, 10, 0)
    packets(clock, PICTURE, 0, pictures_to_s, 0)
    assert clock.place(SOUND, raw_s, 0.5) == at_s and len(clock.jumps) == jumps


def test_a_clock_that_goes_back_was_set():
    clock = ProgrammeClock(start_s=100)
    packets(clock, SOUND, 0, 10, 100)
    assert clock.place(SOUND, 3.0, 0.5) == 10 and not clock.jumps


def test_small_repeats_move_the_pictures_with_the_sound():
    """Sound that repeats half a second is kept: pictures must not seem ahead of it for ever."""
    clock = ProgrammeClock()
    packets(clock, PICTURE, 0, 10, 0)
    packets(clock, SOUND, 0, 10, 0)
    assert clock.place(SOUND, 9.5, 0.5) == 10
    assert clock.place(PICTURE, 10.0, 0.5) == pytest.approx(10.5)
