"""Times in any unit, from any origin, on the event's clock."""

import numpy as np
import pytest

from horuslib.spectral.events.clocks import on_event_clock, parse_times, since_1970

START_S = 1737124252.123456
TIMES = np.arange(0, 5, 0.1)


@pytest.mark.parametrize(("unit", "per_s"), [("s", 1), ("ms", 1e3), ("µs", 1e6), ("ns", 1e9)])
def test_times_since_1970_are_placed_by_the_events_timestamp(unit, per_s):
    found, clock = on_event_clock((START_S + 0.4 + TIMES) * per_s, 5.0, START_S)
    assert found == pytest.approx(0.4 + TIMES, abs=1e-3)
    assert (clock.unit, clock.origin, clock.note) == (unit, "wall", "")
    assert clock.uncertainty_s <= 0.1


@pytest.mark.parametrize(("unit", "per_s"), [("s", 1), ("ms", 1e3), ("µs", 1e6), ("ns", 1e9)])
def test_times_since_the_phones_start_have_no_common_clock(unit, per_s):
    found, clock = on_event_clock((88452.8 + TIMES) * per_s, 5.0, START_S)
    assert found == pytest.approx(TIMES, abs=1e-3)
    assert (clock.unit, clock.origin) == (unit, "first row")
    assert "no clock in common" in clock.note


def test_times_since_the_recordings_start_are_kept_also_where_they_begin_before_it():
    found, clock = on_event_clock(TIMES + 0.02, 5.0, None)
    assert found == pytest.approx(TIMES + 0.02)
    assert clock.origin == "recording"
    found, clock = on_event_clock(TIMES - 0.7, 5.0, START_S)
    assert found == pytest.approx(TIMES - 0.7)
    assert "before the recording" in clock.note


@pytest.mark.parametrize("before_s", [2.5, 4.0, 30.0])
def test_a_log_that_begins_long_before_the_recording_keeps_its_times(before_s):
    found, clock = on_event_clock(np.arange(-before_s, 5, 0.1), 5.0, START_S)
    assert found[0] == pytest.approx(-before_s)
    assert (clock.unit, clock.origin) == ("s", "recording") and "before the recording" in clock.note


def test_a_time_too_large_for_any_clock_is_none():
    assert np.isnan(parse_times(["1e308", "-1e300", "inf"], False)).all()
    assert parse_times(["1737124252123456789"], False) == pytest.approx(START_S * 1e9)


@pytest.mark.parametrize("per_s", [1, 1e3, 1e6, 1e9])
def test_a_number_is_a_moment_since_1970_in_whichever_unit_it_is_one(per_s):
    assert since_1970(START_S * per_s) == pytest.approx(START_S, abs=1e-3)
    assert since_1970(88452.8) is None


def test_whole_hours_apart_are_time_zones_and_other_distances_are_not():
    found, clock = on_event_clock(START_S - 3 * 3600 + 0.2 + TIMES, 5.0, START_S)
    assert found == pytest.approx(0.2 + TIMES, abs=1e-3)
    assert "3 h apart" in clock.note
    found, clock = on_event_clock(START_S + 700 + TIMES, 5.0, START_S)
    assert found[0] == 0
    assert "0.2 h after" in clock.note


def test_missing_times_stay_missing_and_a_slow_log_says_how_unsure_it_is():
    raw = np.array([np.nan, 88452.0, 88452.5, np.nan, 88453.0])
    found, clock = on_event_clock(raw, 5.0, None)
    assert np.isnan(found[[0, 3]]).all() and found[[1, 2, 4]].tolist() == [0, 0.5, 1.0]
    assert clock.uncertainty_s == pytest.approx(0.35)
    assert np.isnan(on_event_clock(np.full(3, np.nan), 5.0, None)[0]).all()


def test_cells_are_numbers_with_point_or_comma_exponents_or_dates():
    assert parse_times(["1.5", "3.5E-2", "x", ""], False)[:2].tolist() == [1.5, 0.035]
    assert parse_times(["1,5"], True).tolist() == [1.5]
    assert np.isnan(parse_times(["x"], False)).all()
    assert parse_times(["2025-01-17T14:30:52Z"], False).tolist() == [1737124252.0]
