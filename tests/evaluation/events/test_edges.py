import numpy as np
import pytest

from horuslib.evaluation.events.edges import EventEdges


def test_a_cells_level_is_the_mean_probability_of_the_segments_that_cover_it():
    found = EventEdges.of([0, 2.5, 4], [5, 7.5, 9], [0.2, 0.6, 1.0])
    assert found.middles_s.tolist() == [1.25, 3.25, 4.5, 6.25, 8.25]
    assert found.level == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])


def test_an_edge_lies_where_the_mean_probability_crosses_half_its_level():
    found = EventEdges.of(np.arange(6) * 2.5, np.arange(6) * 2.5 + 5, [0, 0, 1, 1, 0, 0])
    assert found.place(2, 3) == (6.25, 11.25)


def test_probability_below_the_threshold_extends_an_event_by_half_a_segment_at_most():
    found = EventEdges.of(
        np.arange(9) * 2.5, np.arange(9) * 2.5 + 5, [0.55, 0.55, 0.55, 0.55, 1, 0.55, 0.55, 0.55, 0.55]
    )
    assert found.place(4, 4) == (7.5, 17.5)


def test_an_event_does_not_extend_into_time_that_no_segment_covers():
    found = EventEdges.of([10, 12.5], [15, 17.5], [1, 1])
    assert found.place(0, 1) == (10, 17.5)


def test_an_event_lasts_half_a_segment_at_least_and_its_times_are_plain_numbers():
    found = EventEdges.of(np.arange(9) * 2, np.arange(9) * 2 + 5, [0, 0, 0, 0, 1, 0, 0, 0, 0])
    times_s = found.place(4, 4)
    assert times_s == (9.25, 11.75) and [type(time_s) for time_s in times_s] == [float, float]
