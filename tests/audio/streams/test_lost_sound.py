"""Spans of lost sound."""

import pytest

from horuslib.audio.streams.lost_sound import add_span, lost_within


def test_a_span_that_follows_the_last_one_lengthens_it():
    spans = []
    for span in ((0, 1), (1.05, 2), (5, 6)):
        add_span(spans, *span)
    assert spans == [(0, 2), (5, 6)]


@pytest.mark.parametrize(("start_s", "end_s", "lost_s"), [(0, 10, 3), (1, 5.5, 1.5), (2, 5, 0), (9, 12, 0)])
def test_what_is_lost_between_two_times(start_s, end_s, lost_s):
    assert lost_within([(0, 2), (5, 6)], start_s, end_s) == lost_s
